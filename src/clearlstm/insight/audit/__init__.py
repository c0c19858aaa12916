"""What a model remembers, hangs on and misses: measured, judged, and told in sentences."""

"""A fitted forecaster as one file, and back."""

"""How good it is: forecasts from past origins, errors, tests of chance, and the verdict in words."""

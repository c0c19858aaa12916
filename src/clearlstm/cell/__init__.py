"""One unit: the equations, as a person reads them."""

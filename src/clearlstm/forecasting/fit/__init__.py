"""From a table to a fitted net: the split by time, the sizes, the training, the calibration."""

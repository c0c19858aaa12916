"""Estimators for whole sequences: a class or a number for each sequence, or for each step of it."""

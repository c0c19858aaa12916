"""Losses, the optimiser, the loop, and checkpoints from which an interrupted run goes on to the bit."""

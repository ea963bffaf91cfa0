"""Calibration and evaluation data: reading it, sharing it out, and fitting it to a model. NumPy alone."""

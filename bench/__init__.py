"""Benchmarks: each prints walls, ratios and whether its aim is met. See README.md."""

"""What to choose: a plan before anything has run, what to try next, and a search."""

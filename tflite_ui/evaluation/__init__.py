"""How well a variant does: task quality with intervals, and fidelity to the original."""

"""Rewriting flat functional tf_keras models: layers left out, narrowed, folded; each gives a new model."""

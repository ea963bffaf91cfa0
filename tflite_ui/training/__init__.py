"""Training a tf_keras model a while: what it learns from, how long, and what is kept."""

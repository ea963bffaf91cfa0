"""What a .tflite's bytes say, read without TensorFlow."""

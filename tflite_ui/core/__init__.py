"""What things are: pydantic models and abstract classes. No input or output, nothing of ours above."""

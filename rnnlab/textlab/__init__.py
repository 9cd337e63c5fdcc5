"""What a model has learned from a text, and what it is measured against; NumPy only."""

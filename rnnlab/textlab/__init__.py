"""The text lab: a character-level language model, what it writes, and what its cells have learned. NumPy alone."""

"""What is looked at inside a cell: which model reads what, weights that a person types, values that are changed, and maps over time."""

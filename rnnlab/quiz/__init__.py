"""The parameter-count quiz: questions, checking, and what a wrong answer tells."""

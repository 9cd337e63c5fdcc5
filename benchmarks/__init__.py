"""What the README's claims of speed are measured with, beside what a person would use instead."""

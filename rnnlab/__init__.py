"""Compare recurrent architectures: what each costs, how each learns."""

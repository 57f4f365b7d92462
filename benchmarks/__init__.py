"""Benchmarks: how long ``homeward run`` takes, how much memory and disk; ``python -m benchmarks``."""

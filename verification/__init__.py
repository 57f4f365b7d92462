"""Proofs that take longer than a test: each script prints a short table and fails with exit status 1."""

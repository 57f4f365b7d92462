"""Thresholds of return: a rulebook of criteria, and what a case says of each on a day."""

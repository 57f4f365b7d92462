"""Reference classes: what became of the refugees of other countries of origin, year by year."""

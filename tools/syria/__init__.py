"""Makes the tables of the built-in Syria case from the shared facts and hand-written literals."""

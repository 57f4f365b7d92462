"""Many runs: ensembles, the fit, and restarts from the record; reference classes and sensitivity build on them."""

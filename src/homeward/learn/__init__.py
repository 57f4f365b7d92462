"""Many runs: ensembles today; fits, reference classes and sensitivity build on them."""

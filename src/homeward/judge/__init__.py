"""What figures mean: the observation model, scores against observed figures, and comparisons of runs."""

"""Commands: absl flags and main, nothing else."""

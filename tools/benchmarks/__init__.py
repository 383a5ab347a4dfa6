"""What `tools.benchmark` times: a module for each kind of work."""

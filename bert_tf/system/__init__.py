"""What the operating system gives: files, processes, signals, errors."""

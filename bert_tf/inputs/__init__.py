"""Model inputs: encoded texts, record files read, batches."""

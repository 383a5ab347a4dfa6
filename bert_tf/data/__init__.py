"""Data: tf.Example features, record files, input pipelines."""

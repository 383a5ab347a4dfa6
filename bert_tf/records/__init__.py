"""Records, written: tf.Example bytes, record files, shuffling."""

"""The names of the checkpoint formats, for flags; needs no TensorFlow."""

WRITTEN = ("google", "huggingface", "keras_nlp", "model_garden")
READ = (*WRITTEN, "saved_model", "tf1_hub")

"""Texts and pairs of texts to what models take; see `text_batches`."""

from bert_tf.text import text_batches

SHORTEST = text_batches.SHORTEST
encode = text_batches.encode

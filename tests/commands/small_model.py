"""BERT-Tiny as Google publishes it, but with weights of no meaning."""

import json

import numpy as np

from bert_tf import bert_config
from bert_tf.checkpoints import saver, variable_shapes
from bert_tf.model_files import google_models
from tests.model_files import published

NAME = "uncased_L-2_H-128_A-2"


def files(folder, vocab_file):
  """The files of the model, bytes by name; made in an empty folder."""
  model = google_models.find(NAME)
  config = bert_config.BertConfig(
    vocab_size=model.vocab_size,
    hidden_size=model.hidden_size,
    num_hidden_layers=model.layers,
    num_attention_heads=model.heads,
    intermediate_size=4 * model.hidden_size,
    type_vocab_size=2,
  )
  random = np.random.default_rng(1)
  tensors = {
    name: random.standard_normal(shape, np.float32) / 50
    for name, shape in variable_shapes.shapes(config).items()
  }
  saver.save(tensors, str(folder / "bert_model.ckpt"))
  (folder / "bert_config.json").write_text(json.dumps(config.to_dict()))
  found = {path.name: path.read_bytes() for path in folder.iterdir()}
  with open(vocab_file, "rb") as file:
    return found | {"vocab.txt": file.read()}


def at_its_address(folder, vocab_file):
  """What a server or a mirror has of it, by path."""
  path = f"/{google_models.find(NAME).path}.zip"
  return {path: published.zipped(files(folder, vocab_file))}

"""The tiny model in testdata, and what the original computes with it.

`modeling.npz` has its inputs (`in/...`), outputs (`out/...`) and gradients
(`grad/...`).
"""

import numpy as np
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import loader
from bert_tf.inputs import model_inputs
from bert_tf.kernels import modes
from tests import conftest

FOLDER = conftest.ROOT / "tests" / "testdata" / "tiny"
CONFIG = bert_tf.BertConfig.from_json_file(FOLDER / "bert_config.json")


def golden():
  """All arrays by name."""
  with np.load(FOLDER / "modeling.npz") as file:
    return dict(file)


def batch():
  """The inputs, by the names of models' inputs."""
  return {
    name.removeprefix("in/"): tf.constant(value)
    for name, value in golden().items()
    if name.startswith("in/")
  }


def pretrainer(config=CONFIG, **kwargs):
  """The model with both heads."""
  model = bert_tf.BertPretrainer(config, **kwargs)
  loader.load(model.variables, FOLDER / "bert_model.ckpt", require_all=True)
  return model


def encoder_batch():
  """Those inputs that an encoder takes."""
  return {name: batch()[name] for name in model_inputs.NAMES}


def in_graph(model, shape=(None, None), skip=False):
  """A model as a graph, of batches [B, S]; `skip` skips padding."""
  spec = {name: tf.TensorSpec(shape, tf.int32) for name in model_inputs.NAMES}

  @tf.function(input_signature=[spec])
  def run(inputs):
    return model(inputs, mode=modes.Mode(packed=skip))

  return run


def assert_original(output, wanted):
  """An encoder's output is that of the original, `golden()`."""
  found = {
    "embedding_output": output.embedding_output,
    "all_encoder_layers": tf.stack(output.all_encoder_layers),
    "pooled_output": output.pooled_output,
  }
  for name, value in found.items():
    np.testing.assert_allclose(value, wanted[f"out/{name}"], atol=1e-5)

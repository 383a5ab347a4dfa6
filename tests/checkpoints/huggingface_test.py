"""Hugging Face folders, with the real weights of a package."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import google, huggingface, names
from bert_tf.models import pretrainer
from tests.tools import commands


@pytest.mark.parametrize(
  "theirs, ours",
  [
    ("embeddings.word_embeddings.weight", "bert/embeddings/word_embeddings"),
    ("bert.embeddings.LayerNorm.gamma", "bert/embeddings/LayerNorm/gamma"),
    (
      "encoder.layer.11.attention.self.query.weight",
      "bert/encoder/layer_11/attention/self/query/kernel",
    ),
    (
      "bert.encoder.layer.0.output.LayerNorm.bias",
      "bert/encoder/layer_0/output/LayerNorm/beta",
    ),
    ("pooler.dense.bias", "bert/pooler/dense/bias"),
    ("cls.predictions.bias", "cls/predictions/output_bias"),
    (
      "cls.predictions.transform.dense.weight",
      "cls/predictions/transform/dense/kernel",
    ),
    (
      "cls.seq_relationship.weight",
      "cls/seq_relationship/output_weights",
    ),
  ],
)
def test_names(theirs, ours):
  assert huggingface.google_name(theirs) == ours


def convert(vocab_file, folder):
  flags = {
    "input": pathlib.Path(vocab_file).parent,
    "to": "google",
    "output_dir": folder,
  }
  return commands.run("convert_checkpoint", *commands.as_flags(flags))


@pytest.fixture(scope="module")
def converted(uncased_vocab_file, tmp_path_factory):
  folder = tmp_path_factory.mktemp("converted") / "google"
  run = convert(uncased_vocab_file, folder)
  assert run.returncode == 0, run.stderr
  return folder


def test_real_weights_know_what_is_alike(converted):
  """All variables are there, and the mean of the tokens is a good vector."""
  model = bert_tf.BertModel.from_checkpoint(converted)
  tokenizer = bert_tf.FullTokenizer(converted / "vocab.txt")

  def vector(text):
    ids = tokenizer.convert_tokens_to_ids(
      ["[CLS]", *tokenizer.tokenize(text), "[SEP]"]
    )
    mean = model(tf.constant([ids])).sequence_output[0].numpy().mean(0)
    return mean / np.linalg.norm(mean)

  cat, kitten, stocks = map(
    vector,
    (
      "A cat sleeps on the sofa.",
      "The kitten is napping on the couch.",
      "Stock prices fell sharply on Monday.",
    ),
  )
  assert cat @ kitten > 0.6
  assert abs(cat @ stocks) < 0.2


def save_as_huggingface(model, folder, layer_norm=("weight", "bias")):
  """The test's own way back: Google's names to theirs."""
  tensors = {}
  for name, variable in names.by_name(model.variables).items():
    value = variable.numpy()
    if name.endswith("/kernel"):
      name, value = name[: -len("kernel")] + "weight", value.T
    if name.endswith("_embeddings"):
      name += "/weight"
    name = name.replace("LayerNorm/gamma", f"LayerNorm/{layer_norm[0]}")
    name = name.replace("LayerNorm/beta", f"LayerNorm/{layer_norm[1]}")
    name = name.replace(
      "seq_relationship/output_weights", "seq_relationship/weight"
    )
    name = name.replace("output_bias", "bias").replace("layer_", "layer/")
    tensors[name.replace("/", ".")] = np.ascontiguousarray(value)
  tensors["cls.predictions.decoder.weight"] = tensors[
    "bert.embeddings.word_embeddings.weight"
  ]
  tensors["bert.embeddings.position_ids"] = np.arange(3)
  folder.mkdir()
  safetensors.numpy.save_file(tensors, folder / "model.safetensors")
  (folder / "config.json").write_text(
    json.dumps(model.config.to_dict() | {"model_type": "bert", "use_cache": 1})
  )
  (folder / "vocab.txt").write_text("[PAD]\n")


@pytest.mark.parametrize("layer_norm", [("weight", "bias"), ("gamma", "beta")])
def test_every_tensor_comes_back(testdata, tmp_path, layer_norm):
  config = bert_tf.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  )
  model = pretrainer.BertPretrainer(config)
  google.load(model.variables, testdata / "tiny" / "bert_model.ckpt")
  save_as_huggingface(model, tmp_path / "hf", layer_norm)
  found = huggingface.read_weights(str(tmp_path / "hf"))
  assert huggingface.read_config(str(tmp_path / "hf")) == dataclasses.replace(
    config, hidden_act="gelu_erf"
  )
  reader = google.Reader(testdata / "tiny" / "bert_model.ckpt")
  assert set(found) == set(reader.shapes)
  for name, value in found.items():
    np.testing.assert_array_equal(value, reader.read(name))


def test_errors(tmp_path):
  (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
  with pytest.raises(ValueError, match="model_type is 'roberta'"):
    huggingface.read_config(str(tmp_path))
  with pytest.raises(FileNotFoundError, match="pickled weights"):
    huggingface.read_weights(str(tmp_path))
  (tmp_path / "model.safetensors").write_bytes(b"\xff" * 64)
  with pytest.raises(ValueError, match=r"model.safetensors: damaged"):
    huggingface.read_weights(str(tmp_path))


def test_nothing_is_overwritten(uncased_vocab_file, tmp_path):
  run = convert(uncased_vocab_file, tmp_path)
  commands.assert_plain_error(run, "is there already")
  assert not list(tmp_path.iterdir())

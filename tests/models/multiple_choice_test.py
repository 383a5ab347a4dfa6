"""The scores of choices, and their variables in Hugging Face's layout."""

import json

import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import formats, variable_names
from bert_tf.kernels import modes
from bert_tf.models import multiple_choice
from tests.models import tiny


@pytest.fixture(scope="module")
def model():
  made = bert_tf.BertMultipleChoice.from_checkpoint(tiny.FOLDER)
  rng = np.random.default_rng(1)
  for variable in made.head.variables:
    variable.assign(rng.normal(size=variable.shape))
  return made


def batch(counts=(3, 2), choices=3, length=8):
  rng = np.random.default_rng(2)
  lengths = rng.integers(3, length, (len(counts), choices))
  is_there = np.arange(choices) < np.array(counts)[:, None]
  mask = (np.arange(length) < (lengths * is_there)[..., None]).astype(np.int32)
  ids = rng.integers(5, 60, mask.shape, np.int32) * mask
  return {
    "input_ids": ids,
    "input_mask": mask,
    "segment_ids": (np.arange(length) > 3).astype(np.int32) * mask,
  }


@pytest.mark.parametrize("packed", [False, True])
def test_each_choice_is_scored_by_its_pooled_vector(model, packed):
  inputs = batch()
  weights, bias = (x.numpy() for x in model.head.variables)
  assert weights.shape == (1, model.config.hidden_size)
  found = model(inputs, mode=modes.Mode(packed=packed)).numpy()  # [B, C]
  for row, count in enumerate((3, 2)):
    one = {name: value[row] for name, value in inputs.items()}
    pooled = model.bert(one).pooled_output.numpy()  # [C, H]
    wanted = pooled @ weights[0] + bias[0]
    np.testing.assert_allclose(found[row, :count], wanted[:count], atol=1e-5)
  assert found[1, 2] == multiple_choice.OUT_OF_REACH
  assert tf.nn.softmax(found)[1, 2] == 0.0


def test_sequences_alone_are_scored_too(model):
  inputs = batch(counts=(3, 3))
  flat = {name: x.reshape(-1, x.shape[-1]) for name, x in inputs.items()}
  np.testing.assert_allclose(
    model(flat), tf.reshape(model(inputs), [-1]), atol=1e-5
  )


def test_hugging_face_s_model_is_this_one_both_ways(model, tmp_path):
  """BertForMultipleChoice: classifier.weight [1, H], classifier.bias [1]."""
  model.save_checkpoint(tmp_path / "google")
  google = formats.read(str(tmp_path / "google"))
  formats.write(google, "huggingface", str(tmp_path / "hf"))
  config = json.loads((tmp_path / "hf" / "config.json").read_text())
  assert config["architectures"] == ["BertForMultipleChoice"]
  assert "id2label" not in config
  theirs = safetensors.numpy.load_file(tmp_path / "hf" / "model.safetensors")
  weights, bias = (x.numpy() for x in model.head.variables)
  np.testing.assert_array_equal(theirs["classifier.weight"], weights)
  np.testing.assert_array_equal(theirs["classifier.bias"], bias)
  name = "bert.encoder.layer.0.attention.self.query.weight"
  query = model.bert.blocks[0].attention.query.kernel.numpy()
  np.testing.assert_array_equal(theirs[name], query.T)

  # As transformers writes it: two labels that it does not have.
  config["id2label"] = {"0": "LABEL_0", "1": "LABEL_1"}
  (tmp_path / "hf" / "config.json").write_text(json.dumps(config))
  again = bert_tf.BertMultipleChoice.from_checkpoint(tmp_path / "hf")
  values = variable_names.by_name(model.variables)
  for name, variable in variable_names.by_name(again.variables).items():
    np.testing.assert_array_equal(variable, values[name], err_msg=name)
  np.testing.assert_array_equal(again(batch()), model(batch()))
  assert formats.read(str(tmp_path / "hf")).labels_of == "choice"
  with pytest.raises(ValueError, match="of each choice, expected labels of"):
    bert_tf.TextClassifier.from_checkpoint(
      tmp_path / "hf",
      kind="single_label",
      vocab_file=tiny.FOLDER.parent / "vocab.txt",
    )
  with pytest.raises(ValueError, match="keras_nlp cannot hold 2 things: outp"):
    formats.write(google, "keras_nlp", str(tmp_path / "keras_nlp"))

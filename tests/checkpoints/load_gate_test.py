"""What a checkpoint must hold: to apply a model, and to start a training."""

import dataclasses

import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import (
  checkpoint_reader,
  encoder_loader,
  loader,
  saver,
)
from bert_tf.models import classifier
from bert_tf.tasks.masked_lm import run as masked_lm_run
from tests.models import tiny
from tests.tasks.classification import classifying

CHECKPOINT = tiny.FOLDER / "bert_model.ckpt"
DEEPER = dataclasses.replace(tiny.CONFIG, num_hidden_layers=6)
DEPTHS = r"has 3 layers, bert_config.json says 6 \(num_hidden_layers\)"


def tensors():
  reader = checkpoint_reader.Reader(CHECKPOINT)
  return {name: reader.read(name) for name in reader.shapes}


def save(values, folder):
  path = str(folder / "bert_model.ckpt")
  saver.save(values, path)
  return path


def load_each(config, path):
  """Each way to apply a model, and to start a training."""
  encoder = bert_tf.BertModel(config)
  whole = bert_tf.BertPretrainer(config)
  yield lambda: encoder_loader.load(encoder, path)
  yield lambda: masked_lm_run.load(whole, path, "fill")
  yield lambda: bert_tf.BertModel.from_checkpoint(path, config=config)
  yield lambda: loader.load(encoder.variables, path, require_all=True)
  yield lambda: loader.load(whole.variables, path)
  yield lambda: loader.check_encoder(path, config, require_all=False)


def test_a_deeper_model_names_both_depths():
  for call in load_each(DEEPER, str(CHECKPOINT)):
    with pytest.raises(ValueError, match=DEPTHS):
      call()


def test_new_layers_are_allowed_to_a_training_alone(warned):
  model = bert_tf.BertModel(DEEPER)
  loader.load(model.variables, CHECKPOINT, allow_new_layers=True)
  assert len(warned) == 1 and "6 (num_hidden_layers): the last 3" in warned[0]
  with pytest.raises(ValueError, match=DEPTHS):
    loader.load(
      model.variables, CHECKPOINT, require_all=True, allow_new_layers=True
    )


def test_a_deeper_checkpoint_is_warned_of(warned):
  config = dataclasses.replace(tiny.CONFIG, num_hidden_layers=2)
  bert_tf.BertModel.from_checkpoint(CHECKPOINT, config=config)
  assert len(warned) == 1
  assert "has 3 layers, bert_config.json says 2" in warned[0]


def test_layer_norms_of_another_name(tmp_path):
  values = {
    name.replace("LayerNorm/", "layer_normalization/"): value
    for name, value in tensors().items()
  }
  path = save(values, tmp_path)
  for call in load_each(tiny.CONFIG, path):
    with pytest.raises(ValueError) as caught:
      call()
    text = str(caught.value)
    assert "bert/encoder/layer_2/output/LayerNorm/gamma" in text
    assert (
      "expected bert/embeddings/LayerNorm/gamma, found "
      "bert/embeddings/layer_normalization/gamma"
    ) in text


def test_a_training_may_start_without_pooler_and_heads(tmp_path):
  values = {
    name: value
    for name, value in tensors().items()
    if name.startswith("bert/e")
  }
  path = save(values, tmp_path)
  loader.check_encoder(path, tiny.CONFIG, require_all=False)
  model = classifier.BertClassifier(tiny.CONFIG, 2)
  loader.load(model.variables, path)
  with pytest.raises(ValueError, match="4 variables of the model are not in"):
    loader.load(model.variables, path, require_all=True)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_values_that_are_no_numbers(tmp_path, wrong):
  values = tensors()
  name = "bert/encoder/layer_1/output/dense/bias"
  values[name] = values[name].copy()
  values[name][3] = wrong
  path = save(values, tmp_path)
  for call in load_each(tiny.CONFIG, path):
    with pytest.raises(ValueError, match=rf"1 of the 32 numbers of {name}"):
      call()


@pytest.mark.parametrize("job", ["do_train", "do_eval", "do_predict"])
def test_a_run_is_refused_before_anything_is_written(tmp_path, job):
  out = tmp_path / "out"
  changes = {"layers": 6, job: True}
  if job != "do_train":
    classifying.put_golden_checkpoint("mrpc", out)
  before = classifying.bytes_of(tmp_path)
  with pytest.raises(ValueError, match=DEPTHS):
    classifying.classify(out, **changes)
  assert classifying.bytes_of(tmp_path) == before


def test_a_resumed_training_is_refused_before_anything_is_written(tmp_path):
  classifying.put_golden_checkpoint("mrpc", tmp_path)
  before = classifying.bytes_of(tmp_path)
  with pytest.raises(ValueError, match=DEPTHS):
    classifying.classify(tmp_path, layers=6, do_train=True)
  assert classifying.bytes_of(tmp_path) == before

"""The number format that a model computes in: the global policy, or its own."""

import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from tests.models import saving, tiny


@pytest.fixture(autouse=True)
def policy():
  before = keras.mixed_precision.global_policy()
  keras.mixed_precision.set_global_policy("mixed_bfloat16")
  yield
  keras.mixed_precision.set_global_policy(before)


@pytest.mark.parametrize("make", saving.MODELS.values(), ids=saving.MODELS)
def test_the_global_policy_is_followed(make):
  model = make()
  assert model.compute_dtype == "bfloat16"
  assert {v.dtype for v in model.variables} == {tf.float32}
  encoder = getattr(model, "bert", model)
  output = encoder(saving.inputs_of(encoder))
  assert output.sequence_output.dtype == tf.bfloat16


@pytest.mark.parametrize("make", saving.MODELS.values(), ids=saving.MODELS)
def test_the_argument_wins(make):
  model = make(dtype="float32")
  encoder = getattr(model, "bert", model)
  output = encoder(saving.inputs_of(encoder))
  assert output.sequence_output.dtype == output.pooled_output.dtype
  assert output.pooled_output.dtype == tf.float32


def test_a_checkpoint_follows_it():
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  assert model.compute_dtype == "bfloat16"
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER, dtype="float32")
  tiny.assert_original(model(tiny.encoder_batch()), tiny.golden())


def test_a_file_keeps_its_own(tmp_path):
  model = bert_tf.BertModel(saving.CONFIG, dtype="float32")
  model.save(tmp_path / "m.keras")
  found = keras.models.load_model(tmp_path / "m.keras")
  assert found.compute_dtype == found.blocks[0].compute_dtype == "float32"

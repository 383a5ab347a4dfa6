"""TensorFlow Model Garden's form: its own files, and ours there and back."""

import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import (
  checkpoint_reader,
  formats,
  loader,
  model_garden_format,
  object_graph,
)
from tests.checkpoints import made_up


@pytest.mark.parametrize(
  "theirs, ours",
  [
    ("word_embeddings/embeddings", "bert/embeddings/word_embeddings"),
    (
      "bert_encoder_v2/embeddings/layer_norm/gamma",
      "bert/embeddings/LayerNorm/gamma",
    ),
    (
      "transformer/layer_3/self_attention/query/bias",
      "bert/encoder/layer_3/attention/self/query/bias",
    ),
    (
      "x/transformer/layer_11/self_attention/attention_output/kernel",
      "bert/encoder/layer_11/attention/output/dense/kernel",
    ),
    (
      "transformer/layer_0/self_attention_layer_norm/beta",
      "bert/encoder/layer_0/attention/output/LayerNorm/beta",
    ),
    (
      "transformer/layer_0/intermediate/kernel",
      "bert/encoder/layer_0/intermediate/dense/kernel",
    ),
    (
      "transformer/layer_0/output/kernel",
      "bert/encoder/layer_0/output/dense/kernel",
    ),
    (
      "transformer/layer_0/output_layer_norm/gamma",
      "bert/encoder/layer_0/output/LayerNorm/gamma",
    ),
    ("bert/cls/predictions/output_bias/bias", "cls/predictions/output_bias"),
    (
      "bert/next_sentence/logits/kernel",
      "cls/seq_relationship/output_weights",
    ),
    ("save_counter", "save_counter"),
  ],
)
def test_names(theirs, ours):
  assert model_garden_format.google_name(theirs) == ours


def test_what_model_garden_wrote_computes_what_it_computed(testdata):
  """A pre-training of tf-models-official; see the folder's README."""
  folder = testdata / "model_garden"
  golden = np.load(folder / "outputs.npz")
  model = bert_tf.BertPretrainer.from_checkpoint(folder / "pretrainer")
  output = model(
    {
      "input_ids": golden["input_word_ids"],
      "input_mask": golden["input_mask"],
      "segment_ids": golden["input_type_ids"],
      "masked_lm_positions": golden["masked_lm_positions"],
    }
  )
  np.testing.assert_allclose(
    output.masked_lm_logits,
    golden["mlm_logits"].reshape(4, 12),
    atol=1e-5,
  )
  np.testing.assert_allclose(
    output.next_sentence_logits, golden["next_sentence"], atol=1e-5
  )


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
  """A SavedModel with the masked-LM head, and what was written into it."""
  folder = str(tmp_path_factory.mktemp("saved") / "encoder")
  model = made_up.model(["masked_lm"])
  formats.write(model, "model_garden", folder)
  return folder, model


def named(ids, mask, segments):
  return {
    "input_word_ids": ids, "input_mask": mask, "input_type_ids": segments
  }  # fmt: skip


def test_everything_comes_back(saved, tmp_path):
  folder, model = saved
  assert formats.recognise(folder) == "model_garden"
  found = formats.read(folder)
  made_up.assert_same_tensors(found, model)
  for field in ("config", "vocabulary", "rules"):
    assert getattr(found, field) == getattr(model, field), field
  formats.write(found, "google", str(tmp_path / "google"))
  made_up.assert_same_tensors(formats.read(str(tmp_path / "google")), model)


def test_names_and_shapes_are_theirs(saved, testdata):
  """As in the checkpoint that Model Garden wrote, scope of the model apart."""

  def shapes(path):
    reader = object_graph.Reader(object_graph.find(str(path)))
    return {
      name.removeprefix("bert_encoder_v2/"): reader.read(name).ndim
      for name in reader.keys
      if "next_sentence" not in name
      if name not in ("Variable", "save_counter")
    }

  wanted = shapes(testdata / "model_garden" / "pretrainer")
  assert shapes(saved[0]) == wanted


@pytest.mark.parametrize("act", ["gelu", "gelu_erf", "relu"])
def test_loaded_it_computes_what_we_do(tmp_path, act):
  model = made_up.with_act(made_up.model(["masked_lm"]), act)
  folder = str(tmp_path / "saved")
  formats.write(model, "model_garden", folder)
  loaded = tf.saved_model.load(folder)
  ids, mask, segments = map(tf.constant, made_up.batch(3, 8))
  output = loaded(named(ids, mask, segments))
  bert = bert_tf.BertModel.from_checkpoint(folder)
  wanted = bert(ids, mask, segments)
  assert output.keys() == {
    *("default", "pooled_output", "sequence_output", "encoder_outputs")
  }
  for found, expected in (
    (output["default"], wanted.pooled_output),
    (output["pooled_output"], wanted.pooled_output),
    (output["sequence_output"], wanted.sequence_output),
    (output["encoder_outputs"][0], wanted.all_encoder_layers[0]),
    (output["encoder_outputs"][1], wanted.sequence_output),
  ):
    np.testing.assert_allclose(found, expected, atol=1e-5)
  served = loaded.signatures["serving_default"](**named(ids, mask, segments))
  np.testing.assert_allclose(
    served["pooled_output"], wanted.pooled_output, atol=1e-5
  )


def test_masked_lm_of_the_loaded(saved):
  folder, model = saved
  ids, mask, segments = made_up.batch()
  positions = np.int32([[1, 4], [0, 2]])
  features = named(ids, mask, segments) | {"masked_lm_positions": positions}
  loaded = tf.saved_model.load(folder)
  found = loaded.mlm({n: tf.constant(v) for n, v in features.items()})
  whole = made_up.model(["masked_lm", "next_sentence"])
  np.testing.assert_array_equal(
    whole.tensors["cls/predictions/output_bias"],
    model.tensors["cls/predictions/output_bias"],
  )
  pretrainer = bert_tf.BertPretrainer(whole.config)
  loader.load(pretrainer.variables, checkpoint_reader.PortableReader(whole))
  wanted = pretrainer(
    {
      "input_ids": ids,
      "input_mask": mask,
      "segment_ids": segments,
      "masked_lm_positions": positions,
    }
  )
  np.testing.assert_allclose(
    tf.reshape(found["mlm_logits"], [4, -1]),
    wanted.masked_lm_logits,
    atol=1e-5,
  )


def test_it_is_trained_as_tf_hub_does(saved):
  """TF-Hub's KerasLayer uses these attributes and `training`."""
  loaded = tf.saved_model.load(saved[0])
  assert len(loaded.trainable_variables) == len(loaded.variables) == 39
  assert list(loaded.regularization_losses) == []
  features = {n: tf.constant(v) for n, v in named(*made_up.batch()).items()}
  with tf.GradientTape() as tape:
    total = tf.reduce_sum(loaded(features, training=True)["pooled_output"])
  gradients = tape.gradient(total, loaded.trainable_variables)
  assert all(gradient is not None for gradient in gradients)
  still = [loaded(features)["pooled_output"].numpy() for _ in range(2)]
  np.testing.assert_array_equal(*still)
  dropped = [
    loaded(features, training=True)["pooled_output"].numpy() for _ in range(2)
  ]
  assert np.abs(dropped[0] - dropped[1]).max() > 1e-3


def test_asset_of_another_name_and_no_config_of_ours(saved, tmp_path):
  """As in what TF-Hub has."""
  folder = tmp_path / "versions" / "1"
  shutil.copytree(saved[0], folder)
  shutil.rmtree(folder / "assets.extra")
  (folder / "assets" / "vocab.txt").rename(folder / "assets" / "words.txt")
  found = formats.read(str(folder.parent))  # the folder of versions
  assert found.vocabulary == made_up.VOCABULARY
  assert found.config.attention_probs_dropout_prob == 0.1
  assert found.config.num_attention_heads == 2
  made_up.assert_same_tensors(found, saved[1])


def test_config_of_another_model_is_left_alone(saved, tmp_path):
  folder = pathlib.Path(shutil.copytree(saved[0], tmp_path / "encoder"))
  path = folder / "assets.extra" / "bert_config.json"
  path.write_text('{"vocab_size": 7}')
  assert formats.read(str(folder)).config.vocab_size == 20


def test_optimizer_of_keras_is_not_taken_for_the_model(tmp_path):
  """Keras's slots bear the names of the variables."""
  value = tf.Variable(
    np.ones([2, 2], np.float32), name="word_embeddings/embeddings"
  )
  slot = tf.Variable(
    np.zeros([2, 2], np.float32), name="word_embeddings/embeddings"
  )
  checkpoint = tf.train.Checkpoint(
    model=tf.train.Checkpoint(table=value),
    optimizer=tf.train.Checkpoint(slot=slot),
  )
  prefix = checkpoint.write(str(tmp_path / "ckpt"))
  reader = object_graph.Reader(prefix)
  np.testing.assert_array_equal(
    reader.read("word_embeddings/embeddings"), np.ones([2, 2])
  )


def test_not_a_bert(tmp_path):
  path = tf.train.Checkpoint(v=tf.Variable([1.0])).write(str(tmp_path / "c"))
  with pytest.raises(ValueError, match="not a BERT: no variable bert/embed"):
    formats.read(path)


def test_truncated(saved, tmp_path):
  folder = pathlib.Path(shutil.copytree(saved[0], tmp_path / "encoder"))
  data = folder / "variables" / "variables.data-00000-of-00001"
  data.write_bytes(data.read_bytes()[:2000])
  with pytest.raises(ValueError, match="damaged or incomplete"):
    formats.read(str(folder))


def test_heads_that_it_cannot_hold(tmp_path):
  model = made_up.model(["masked_lm", "next_sentence"])
  with pytest.raises(ValueError, match=r"cannot hold 2 things: cls/seq_rel"):
    formats.write(model, "model_garden", str(tmp_path / "out"))
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["model_garden", "keras_nlp"])
def test_part_of_a_head(tmp_path, form):
  whole = made_up.model(["masked_lm"])
  part = {n: v for n, v in whole.tensors.items() if "transform/dense" not in n}
  with pytest.raises(ValueError, match="no variable cls/predictions/transform"):
    formats.write(made_up.model(tensors=part), form, str(tmp_path / "out"))
  assert not list(tmp_path.iterdir())


def test_half_precision_is_widened(tmp_path):
  value = tf.Variable(tf.constant([1.5, 2.0], tf.bfloat16), name="v")
  prefix = tf.train.Checkpoint(v=value).write(str(tmp_path / "c"))
  found = object_graph.Reader(prefix).read("v")
  assert found.dtype == np.float32
  np.testing.assert_array_equal(found, [1.5, 2.0])

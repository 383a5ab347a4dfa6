"""Models that Keras has, as folders that the commands and `bert_tf` read."""

import json

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.checkpoints import checkpoint_reader, run_metadata
from tests.models import saving, tiny

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##c"]


@pytest.fixture
def tokenizer(tmp_path):
  path = tmp_path / "words.txt"
  path.write_text("".join(f"{piece}\n" for piece in PIECES))
  return bert_tf.FullTokenizer(path, do_lower_case=False)


def make(name):
  return saving.randomize(saving.MODELS[name]())


@pytest.mark.parametrize("name", saving.MODELS)
def test_from_checkpoint_reads_it(name, tokenizer, tmp_path):
  model = make(name)
  labels = {"labels": ["x", "y", "z"]} if "token" in name else {}
  prefix = model.save_checkpoint(
    tmp_path / "out", tokenizer=tokenizer, **labels
  )
  assert prefix == str(tmp_path / "out" / "bert_model.ckpt")
  arguments = {"has_next_sentence": False} if name == "masked_lm" else {}
  found = type(model).from_checkpoint(tmp_path / "out", **arguments)
  saving.assert_equal(model, found, saving.inputs_of(model))
  assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
    "bert_config.json",
    "bert_model.ckpt.data-00000-of-00001",
    "bert_model.ckpt.index",
    "task.json",
    "vocab.txt",
  ]
  words = (tmp_path / "out" / "vocab.txt").read_bytes()
  assert words == (tmp_path / "words.txt").read_bytes()


def test_a_predictor_reads_all_of_it(tokenizer, tmp_path):
  model = make("classifier")
  model.save_checkpoint(
    tmp_path / "out",
    tokenizer=tokenizer,
    labels=["x", "y", "z"],
    kind="multi_label",
    max_seq_length=8,
  )
  classify = bert_tf.TextClassifier.from_checkpoint(tmp_path / "out")
  assert classify.output_names == ("x", "y", "z")
  assert classify.kind == "multi_label"
  assert classify.tokenizer.rules == tokenizer.rules
  before = bert_tf.TextClassifier(
    model, tokenizer, ["x", "y", "z"], "multi_label"
  )
  assert classify(["a b", ("ac", "b")]) == before(["a b", ("ac", "b")])
  run = run_metadata.read(str(tmp_path / "out"))
  assert run.text["max_seq_length"] == 8


def test_the_step_is_the_optimizer_s(tokenizer, tmp_path):
  model = make("classifier")
  model.save_checkpoint(tmp_path / "before", tokenizer=tokenizer)
  model.compile(
    keras.optimizers.Adam(1e-3),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  inputs = saving.inputs_of(model)
  model.fit(inputs, np.zeros([4]), batch_size=2, epochs=2, verbose=0)
  model.save_checkpoint(tmp_path / "after", tokenizer=tokenizer)
  reader = checkpoint_reader.Reader(tmp_path / "after")
  assert reader.read("global_step") == 4
  assert (
    "global_step" not in checkpoint_reader.Reader(tmp_path / "before").shapes
  )


def test_the_vocabulary_of_the_checkpoint_it_was_loaded_from(
  tokenizer, tmp_path
):
  make("encoder").save_checkpoint(tmp_path / "a", tokenizer=tokenizer)
  again = bert_tf.BertClassifier.from_checkpoint(tmp_path / "a", outputs=2)
  again.save_checkpoint(tmp_path / "b")
  classify = bert_tf.TextClassifier.from_checkpoint(tmp_path / "b")
  assert classify.tokenizer.vocab == tokenizer.vocab
  assert classify.tokenizer.rules == tokenizer.rules
  assert classify.output_names == ("0", "1")


def test_without_a_tokenizer_there_is_no_vocabulary(tmp_path):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)  # that has none
  model.save_checkpoint(tmp_path / "out")
  assert not (tmp_path / "out" / "vocab.txt").exists()
  found = bert_tf.BertModel.from_checkpoint(tmp_path / "out")
  tiny.assert_original(found(tiny.encoder_batch()), tiny.golden())


def test_nothing_is_overwritten_unless_told(tokenizer, tmp_path):
  folder = tmp_path / "out"
  folder.mkdir()
  first, second = make("classifier"), make("classifier")
  second.head.output_bias.assign([5, 6, 7])
  first.save_checkpoint(folder, tokenizer=tokenizer)  # it was empty
  with pytest.raises(FileExistsError, match="overwrite=True"):
    second.save_checkpoint(folder, tokenizer=tokenizer)
  second.save_checkpoint(folder, tokenizer=tokenizer, overwrite=True)
  found = bert_tf.BertClassifier.from_checkpoint(folder)
  np.testing.assert_array_equal(found.head.output_bias, [5, 6, 7])
  (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-3"')
  with pytest.raises(FileExistsError, match="checkpoints of a run"):
    second.save_checkpoint(folder, tokenizer=tokenizer, overwrite=True)


@pytest.mark.parametrize(
  "name, notes, message",
  [
    ("classifier", {"labels": ["x"]}, "found 1 labels, expected 3"),
    ("classifier", {"kind": "regression"}, "3 outputs, expected 1"),
    ("classifier", {"kind": "several"}, "'several' is not known"),
    ("token_classifier", {}, "found 0 labels, expected 3"),
    ("encoder", {"kind": "single_label"}, "has no kinds"),
    ("span_labeler", {"labels": ["x"]}, "found 1 labels, expected 0"),
    ("encoder", {"max_seq_length": 11}, "max_position_embeddings=10"),
  ],
)
def test_what_does_not_fit(name, notes, message, tokenizer, tmp_path):
  with pytest.raises(ValueError, match=message):
    make(name).save_checkpoint(tmp_path / "out", tokenizer=tokenizer, **notes)
  assert not (tmp_path / "out").exists()


def test_a_vocabulary_larger_than_the_model(tmp_path):
  path = tmp_path / "words.txt"
  path.write_text("".join(f"{i}\n" for i in range(21)))
  with pytest.raises(ValueError, match="21"):
    make("encoder").save_checkpoint(
      tmp_path / "out", tokenizer=bert_tf.FullTokenizer(path)
    )


def test_stale_rules_of_a_configuration_are_replaced(tokenizer, tmp_path):
  values = saving.CONFIG.to_dict() | {"do_lower_case": True}
  model = bert_tf.BertModel(bert_tf.BertConfig.from_dict(values))
  model.save_checkpoint(tmp_path / "out", tokenizer=tokenizer)
  written = json.loads((tmp_path / "out" / "bert_config.json").read_text())
  assert written["do_lower_case"] is False


def test_mirrored_variables(tokenizer, tmp_path):
  with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
    model = make("classifier")
  model.save_checkpoint(tmp_path / "out", tokenizer=tokenizer)
  found = bert_tf.BertClassifier.from_checkpoint(tmp_path / "out")
  saving.assert_equal(model, found, saving.inputs_of(model))

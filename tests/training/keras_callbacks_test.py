"""The best model of `fit`, kept in Google's form."""

import numpy as np
import pytest
import tf_keras

import bert_tf
from bert_tf.checkpoints import checkpoint_reader
from bert_tf.system import output_files
from tests.models import saving

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"]
LABELS = np.array([0, 2, 1, 0])


@pytest.fixture
def tokenizer(tmp_path):
  path = tmp_path / "words.txt"
  path.write_text("".join(f"{piece}\n" for piece in PIECES))
  return bert_tf.FullTokenizer(path)


def compiled(model):
  model.compile(
    tf_keras.optimizers.SGD(0.1),
    tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
  )
  return model


class Scripted(tf_keras.callbacks.Callback):
  """Puts values into the logs of epochs, before what comes after it."""

  def __init__(self, values):
    super().__init__()
    self.values = values

  def on_epoch_end(self, epoch, logs=None):
    logs["score"] = self.values[epoch]


@pytest.mark.parametrize(
  "metric, values, best",
  [("score", [0.1, 0.3, 0.2], 2), ("score", [float("nan"), 0.1, 0.1], 2)],
)
def test_the_best_epoch_is_kept(metric, values, best, tokenizer, tmp_path):
  model = compiled(saving.randomize(saving.MODELS["classifier"]()))
  keep = bert_tf.BestCheckpoint(
    tmp_path / "best", metric, tokenizer=tokenizer, labels=["x", "y", "z"]
  )
  model.fit(
    saving.inputs_of(model),
    LABELS,
    batch_size=2,
    epochs=3,
    callbacks=[Scripted(values), keep],
    verbose=0,
  )
  reader = checkpoint_reader.Reader(tmp_path / "best")
  assert reader.read("global_step") == 2 * best
  classify = bert_tf.TextClassifier.from_checkpoint(tmp_path / "best")
  assert classify.output_names == ("x", "y", "z")


def test_the_best_before_is_there_until_the_new_one_is(
  tokenizer, tmp_path, monkeypatch
):
  """A training may be killed between any two of its files."""
  model = compiled(saving.randomize(saving.MODELS["classifier"]()))
  keep = bert_tf.BestCheckpoint(
    tmp_path / "best", "score", tokenizer=tokenizer, labels=["x", "y", "z"]
  )
  keep.set_model(model)
  keep.on_train_begin()
  keep.on_epoch_end(0, {"score": 0.1})
  before = float(np.sum(model.head.variables[0]))
  names = []
  publish = output_files.publish

  def watched(temporary, path):
    publish(temporary, path)
    names.append(path.rsplit(".", 1)[1])
    found = bert_tf.BertClassifier.from_checkpoint(tmp_path / "best")
    assert float(np.sum(found.head.variables[0])) == before

  for variable in model.variables:
    variable.assign(variable + 1)
  with monkeypatch.context() as patch:
    patch.setattr(output_files, "publish", watched)
    keep.on_epoch_end(1, {"score": 0.2})
  assert len(names) == 2
  found = bert_tf.BertClassifier.from_checkpoint(tmp_path / "best")
  assert float(np.sum(found.head.variables[0])) != before
  keep.on_epoch_end(2, {"score": 0.3})
  assert len(list((tmp_path / "best").glob("*.index"))) == 1


def test_a_loss_is_minimized(tokenizer, tmp_path):
  model = compiled(saving.randomize(saving.MODELS["classifier"]()))
  inputs = saving.inputs_of(model)
  keep = bert_tf.BestCheckpoint(tmp_path / "best", tokenizer=tokenizer)
  history = model.fit(
    inputs,
    LABELS,
    epochs=4,
    validation_data=(inputs, LABELS),
    callbacks=[keep],
    verbose=0,
  ).history
  assert keep.best == min(history["val_loss"])
  found = compiled(bert_tf.BertClassifier.from_checkpoint(tmp_path / "best"))
  loss, _ = found.evaluate(inputs, LABELS, verbose=0)
  assert loss == pytest.approx(keep.best, abs=1e-6)


def test_a_part_of_a_functional_model(tokenizer, tmp_path):
  encoder = saving.randomize(bert_tf.BertModel(saving.CONFIG))
  inputs = saving.symbolic(saving.inputs_of(encoder))
  x = tf_keras.layers.Dense(3)(encoder(inputs).pooled_output)
  model = compiled(tf_keras.Model(inputs, x))
  arrays = saving.inputs_of(encoder)
  keep = bert_tf.BestCheckpoint(tmp_path / "a", "accuracy", tokenizer=tokenizer)
  with pytest.raises(TypeError, match=r"Functional is not .* model=encoder"):
    model.fit(arrays, LABELS, callbacks=[keep], verbose=0)
  keep = bert_tf.BestCheckpoint(
    tmp_path / "b", "accuracy", model=encoder, tokenizer=tokenizer
  )
  model.fit(arrays, LABELS, callbacks=[keep], verbose=0)
  found = bert_tf.BertModel.from_checkpoint(tmp_path / "b")
  saving.assert_equal(encoder, found, arrays)


def test_said_before_the_first_step_or_at_the_first_epoch(tokenizer, tmp_path):
  model = compiled(saving.randomize(saving.MODELS["classifier"]()))
  arrays = saving.inputs_of(model)

  def fit(folder, metric, **notes):
    keep = bert_tf.BestCheckpoint(folder, metric, tokenizer=tokenizer, **notes)
    model.fit(arrays, LABELS, callbacks=[keep], verbose=0)

  before = model.get_weights()
  with pytest.raises(ValueError, match="found 1 labels, expected 3"):
    fit(tmp_path / "a", "accuracy", labels=["x"])
  with pytest.raises(FileExistsError, match="is not empty"):
    fit(tmp_path, "accuracy")
  for one, other in zip(model.get_weights(), before, strict=True):
    np.testing.assert_array_equal(one, other)
  with pytest.raises(
    ValueError, match=r"'val_f1' in the logs.* found accuracy"
  ):
    fit(tmp_path / "a", "val_f1")

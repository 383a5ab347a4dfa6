"""Tagging: from columns of words and labels to a model and its answers."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf import bert_config, files
from bert_tf.inputs import model_inputs
from bert_tf.models import token_classifier
from bert_tf.records import example_encoder, record_writer
from bert_tf.tasks import model_tokenizer
from bert_tf.tasks.tagging import (
  examples,
  metrics,
  predictor,
  reader,
  tag_labels,
)
from bert_tf.tasks.tagging import loss as loss_lib
from bert_tf.tasks.tagging import settings as settings_lib
from bert_tf.text import checkpoint_case, full_tokenizer
from bert_tf.training import (
  batch_predictor,
  device_strategy,
  eval_results,
  fine_tuning,
  output_folder,
  training_loop,
)

PREDICTIONS_FILE = "test_predictions.txt"
RECORDS_FILE = "train.tf_record"
_TARGETS = ("label_ids", "label_weights")

Scores = dict[str, float]


@dataclasses.dataclass(frozen=True)
class _Tagger:
  """What is the same from the reading to the answers.

  Attributes:
    config: The model's sizes.
    settings: What was told.
    tokenizer: The model's.
    labels: The label of each number.
  """

  config: bert_config.BertConfig
  settings: settings_lib.TaggingSettings
  tokenizer: full_tokenizer.FullTokenizer
  labels: tuple[str, ...]

  def windows_of(self, file: reader.ColumnFile) -> list[examples.Window]:
    """The file's sentences as the model gets them."""
    length = self.settings.max_seq_length
    return examples.make(file.texts(), self.tokenizer, length)

  def features_of(
    self, file: reader.ColumnFile, made: list[examples.Window]
  ) -> dict[str, Any]:
    """Inputs and targets of the windows of a file with known labels."""
    numbers = {label: index for index, label in enumerate(self.labels)}
    ids = [[numbers[label] for label in row] for row in file.labels()]
    length = self.settings.max_seq_length
    return {
      **examples.inputs(made, self.tokenizer, length),
      **examples.labels(made, ids, length),
    }


def run(
  config: bert_config.BertConfig,
  settings: settings_lib.TaggingSettings,
  tuning: fine_tuning.Settings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> Scores:
  """Trains, evaluates and predicts, as told.

  Everything is read and checked before anything is written.

  Returns:
    The scores of the dev file, if evaluated.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: A setting, file or checkpoint does not fit; see the message.
    training.loop.NanLossError: The loss is no longer a number.
  """
  checkpoint_case.validate_case_matches_checkpoint(
    settings.do_lower_case, tuning.init_checkpoint
  )
  config.check_length(settings.max_seq_length)
  tuning.check_layers(config.num_hidden_layers)
  tokenizer = model_tokenizer.load(
    config, settings.vocab_file, settings.do_lower_case
  )
  read = _read(settings, tuning)
  labels = _find_labels(settings, tuning.output_dir, read.get("train"))
  for kind in ("train", "dev"):
    if kind in read:
      read[kind].check_labels(labels)
  tuning = tuning.with_known_metric(_metric_names(labels))
  owner = {"task": "tagging", "labels": list(labels)}
  output_folder.check(tuning.output_dir, owner)
  head = len(labels), config.hidden_size
  tuning.check_head(head, settings.do_train)
  tagger = _Tagger(config, settings, tokenizer, labels)
  session = fine_tuning.Session(
    lambda **kwargs: token_classifier.BertTokenClassifier(
      config, len(labels), **kwargs
    ),
    tuning,
    loop_settings,
    devices,
  )
  made = tagger.windows_of(read["train"]) if settings.do_train else []
  # What fails, if at all, fails before anything is written.
  if settings.do_train:
    session.num_train_steps(len(made))
  else:
    session.model()
  if device_strategy.is_chief(session.strategy):
    output_folder.claim(tuning.output_dir, owner)
    tag_labels.write(tuning.output_dir, labels)
  return _work(tagger, session, read, made)


def _work(
  tagger: _Tagger,
  session: fine_tuning.Session,
  read: Mapping[str, reader.ColumnFile],
  made: list[examples.Window],
) -> Scores:
  settings, output_dir = tagger.settings, session.settings.output_dir
  writes = device_strategy.is_chief(session.strategy)

  def evaluate(model: Any) -> Scores:
    batch_size = settings.eval_batch_size
    return _evaluate(tagger, session.strategy, model, read["dev"], batch_size)

  if settings.do_train:
    _train(tagger, session, read["train"], made, evaluate)
  scores: Scores = {}
  if settings.do_eval:
    scores = evaluate(session.model())
    if writes:
      eval_results.write(
        output_dir, {"global_step": session.global_step, **scores}
      )
  if settings.do_predict:
    file = read["test"]
    predictions = predictor.predict(
      session.strategy,
      session.model(),
      file.texts(),
      tagger.tokenizer,
      tagger.labels,
      settings.max_seq_length,
      settings.predict_batch_size,
    )
    path = os.path.join(output_dir, PREDICTIONS_FILE)
    if writes:
      text = reader.with_predictions(file, predictions)
      files.write_atomically(path, text.encode())
      logging.info("predictions written to %s", path)
  return scores


def _read(
  settings: settings_lib.TaggingSettings, tuning: fine_tuning.Settings
) -> dict[str, reader.ColumnFile]:
  """Reads the files that are used; of the test file no labels."""
  evaluates = settings.do_eval or (settings.do_train and tuning.eval_steps)
  wanted = (
    ("train", settings.do_train, settings.label_column),
    ("dev", evaluates, settings.label_column),
    ("test", settings.do_predict, None),
  )
  return {
    kind: reader.read(settings.path(kind), label_column)
    for kind, is_wanted, label_column in wanted
    if is_wanted
  }


def _find_labels(
  settings: settings_lib.TaggingSettings,
  output_dir: str,
  train: reader.ColumnFile | None,
) -> tuple[str, ...]:
  """As given, as trained before, or as in the training file.

  Raises:
    ValueError: There are fewer than two.
  """
  if settings.labels:
    return tag_labels.parse(settings.labels)
  before = output_folder.read(output_dir).get("labels")
  if before and train is None:
    return tuple(before)
  if train is None:
    train = reader.read(settings.path("train"), settings.label_column)
  found = tag_labels.order(x for row in train.labels() for x in row)
  if len(found) < 2:
    raise ValueError(
      f"{train.path} has the only label {found[0]!r}; expected two at least. "
      f"Is label_column={settings.label_column} the right one?"
    )
  logging.info("labels found in %s: %s", train.path, ", ".join(found))
  return found


def _metric_names(labels: tuple[str, ...]) -> list[str]:
  known = ["eval_accuracy", "eval_loss"]
  if tag_labels.are_entities(labels):
    known += ["eval_f1", "eval_precision", "eval_recall"]
  return known


def _train(
  tagger: _Tagger,
  session: fine_tuning.Session,
  file: reader.ColumnFile,
  made: list[examples.Window],
  evaluate: fine_tuning.Evaluate,
) -> None:
  """Writes the records of a file's windows and trains on them."""
  path = os.path.join(session.settings.output_dir, RECORDS_FILE)
  for window in made[:2]:
    logging.info("tokens: %s", " ".join(window.tokens))
  arrays = tagger.features_of(file, made)
  with record_writer.RecordWriter(path) as writer:
    writer.write_many(*example_encoder.encode_examples(arrays))
  logging.info(
    "%s: %d sentences, %d windows", file.path, len(file.sentences), len(made)
  )
  length = tagger.settings.max_seq_length
  session.train(
    path,
    {
      name: tf.io.FixedLenFeature([length], tf.int64)
      for name in (*model_inputs.NAMES, *_TARGETS)
    },
    {
      "input_ids": tagger.config.vocab_size,
      "segment_ids": tagger.config.type_vocab_size,
      "label_ids": len(tagger.labels),
    },
    len(made),
    loss_lib.TaggingObjective(),
    evaluate,
  )


def _labels_and_losses(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  logits = model(batch)  # [B, S, C]
  each = loss_lib.losses(logits, batch)
  return {
    "best": tf.argmax(logits, axis=-1, output_type=tf.int32),
    "loss": tf.reduce_sum(each, axis=-1),
  }


def _evaluate(
  tagger: _Tagger,
  strategy: Any,
  model: Any,
  file: reader.ColumnFile,
  batch_size: int,
) -> Scores:
  made = tagger.windows_of(file)
  arrays = tagger.features_of(file, made)
  found = batch_predictor.predict(
    strategy, model, _labels_and_losses, arrays, batch_size, ["best"]
  )
  lengths = [len(words) for words in file.sentences]
  rows = examples.gather(made, found["best"], lengths)
  predictions = [[tagger.labels[number] for number in row] for row in rows]
  scores = metrics.score(file.labels(), predictions, tagger.labels)
  words = np.sum(arrays["label_weights"], dtype=np.float64)
  loss = np.sum(found["loss"], dtype=np.float64) / words
  return scores | {"eval_loss": float(loss)}

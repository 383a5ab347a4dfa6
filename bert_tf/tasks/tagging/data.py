"""What a run of tagging trains on, evaluates and predicts."""

import dataclasses
import functools
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.records import example_encoder, record_writer
from bert_tf.system import output_files
from bert_tf.tasks.tagging import (
  examples,
  label_schemes,
  loss,
  metrics,
  predictor,
  reader,
  settings,
  tag_labels,
)
from bert_tf.text import full_tokenizer
from bert_tf.training import (
  batch_predictor,
  eval_results,
  fine_tuning_session,
  objectives,
  task_runner,
)

PREDICTIONS_FILE = "test_predictions.txt"
RECORDS_FILE = "train.tf_record"
_WINDOWS_LOGGED = 2


@dataclasses.dataclass(frozen=True)
class TaggingData:
  """The sentences that are used; see `task_runner.TaskData`.

  Attributes:
    options: What was told.
    config: The model's sizes.
    labels: The label of each number.
    tokenizer: The model's.
    sets: The files that are used: "train", "dev", "test".
    scheme: How labels mark entities.
    objective: The loss.
  """

  options: settings.TaggingSettings
  config: bert_config.BertConfig
  labels: tuple[str, ...]
  tokenizer: full_tokenizer.FullTokenizer
  sets: Mapping[str, reader.ColumnFile]
  scheme: label_schemes.LabelScheme
  objective: objectives.SoftObjective

  @functools.cached_property
  def _train_windows(self) -> list[examples.Window]:
    return self._windows("train") if "train" in self.sets else []

  @property
  def num_train_examples(self) -> int:
    """Windows: a long sentence has several."""
    return len(self._train_windows)

  def metric_names(self) -> list[str]:
    """Those that there are whatever the entities are called."""
    return metrics.names(self.scheme)

  @property
  def metric_note(self) -> str:
    """Why there are no scores of entities, if so."""
    return self.scheme.reason

  def write_records(
    self, folder: str, is_chief: bool
  ) -> fine_tuning_session.TrainingRecords:
    """Writes train.tf_record and labels.txt."""
    path, length = (
      os.path.join(folder, RECORDS_FILE),
      self.options.max_seq_length,
    )
    if is_chief:
      tag_labels.write(folder, self.labels)
    if "train" in self.sets:
      windows = self._train_windows
      for window in windows[:_WINDOWS_LOGGED]:
        logging.info("tokens: %s", " ".join(window.tokens))
      arrays = self._arrays("train", windows)
      with record_writer.RecordWriter(path) as writer:
        writer.write_many(*example_encoder.encode_examples(arrays))
      logging.info(
        "%s: %d sentences, %d windows",
        self.sets["train"].path,
        len(self.sets["train"].sentences),
        len(windows),
      )
    return fine_tuning_session.TrainingRecords(
      path,
      examples.schema(length),
      examples.limits(self.config, len(self.labels)),
      self.num_train_examples,
    )

  def evaluate(self, strategy: Any, model: Any) -> task_runner.Scores:
    """Scores the dev file."""
    file, windows = self.sets["dev"], self._windows("dev")
    arrays = self._arrays("dev", windows)
    found = batch_predictor.predict(
      strategy,
      model,
      _labels_and_losses,
      arrays,
      self.options.eval_batch_size,
      ["best"],
    )
    lengths = [len(words) for words in file.sentences]
    rows = examples.gather(windows, found["best"], lengths)
    predictions = [[self.labels[number] for number in row] for row in rows]
    scores = metrics.score(file.labels(), predictions, self.scheme)
    words = np.sum(arrays["label_weights"], dtype=np.float64)
    mean = np.sum(found["loss"], dtype=np.float64) / words
    return scores | {"eval_loss": float(mean)}

  def write_scores(
    self, folder: str, step: int, scores: task_runner.Scores
  ) -> None:
    """Writes eval_results.txt."""
    eval_results.write(folder, {"global_step": step, **scores})

  def predict(self, strategy: Any, model: Any) -> task_runner.Predicted:
    """The labels of the test file's words."""
    found = predictor.best_labels(
      strategy,
      model,
      self.sets["test"].texts(),
      self.tokenizer,
      self.labels,
      self.options.max_seq_length,
      self.options.predict_batch_size,
    )
    return task_runner.Predicted(found)

  def write_answers(
    self, folder: str, step: int, predicted: task_runner.Predicted
  ) -> None:
    """Writes test_predictions.txt."""
    del step
    path = os.path.join(folder, PREDICTIONS_FILE)
    text = reader.with_predictions(self.sets["test"], predicted.answers)
    output_files.write_atomically(path, text.encode())
    logging.info("predictions written to %s", path)

  def _windows(self, kind: str) -> list[examples.Window]:
    texts = self.sets[kind].texts()
    return examples.make(texts, self.tokenizer, self.options.max_seq_length)

  def _arrays(
    self, kind: str, windows: list[examples.Window]
  ) -> dict[str, Any]:
    """Inputs and targets of the windows of a file with known labels."""
    numbers = {label: index for index, label in enumerate(self.labels)}
    ids = [
      [numbers[label] for label in row] for row in self.sets[kind].labels()
    ]
    length = self.options.max_seq_length
    return {
      **examples.inputs(windows, self.tokenizer, length),
      **examples.labels(windows, ids, length),
    }


def _labels_and_losses(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  logits = model(batch)  # [B, S, C]
  each = loss.losses(logits, batch)
  return {
    "best": tf.argmax(logits, axis=-1, output_type=tf.int32),
    "loss": tf.reduce_sum(each, axis=-1),
  }

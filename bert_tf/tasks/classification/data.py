"""What a run of classification trains on, evaluates and predicts."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging

from bert_tf import bert_config
from bert_tf.system import output_files
from bert_tf.tasks.classification import (
  cross_validation,
  examples,
  loss,
  metrics,
  predictor,
  reader,
  settings,
  task_definition,
)
from bert_tf.text import full_tokenizer
from bert_tf.training import (
  eval_results,
  fine_tuning_session,
  objectives,
  task_runner,
)

METRICS_FILE = "eval_metrics.txt"
TEST_RESULTS_FILE = "test_results.tsv"
_RECORDS = "{}.tf_record"
_LOGITS = "logits"  # of the last evaluation, beside the arrays of files


@dataclasses.dataclass(frozen=True)
class ClassificationData:
  """The texts that are used; see `task_runner.TaskData`.

  Attributes:
    options: What was told.
    config: The model's sizes.
    definition: The task, its labels found.
    tokenizer: The model's.
    sets: The files that are used: "train", "eval", "predict".
    objective: The loss of this kind of task.
    fold: The fold that is evaluated, of a cross-validation.
    arrays: The same as arrays [N, ...] by name, once their records are
      written; not what is trained on.
  """

  options: settings.ClassificationSettings
  config: bert_config.BertConfig
  definition: task_definition.TaskDefinition
  tokenizer: full_tokenizer.FullTokenizer
  sets: Mapping[str, reader.ExampleFile]
  objective: objectives.SoftObjective
  fold: cross_validation.Fold | None = None
  arrays: dict[str, examples.Arrays] = dataclasses.field(default_factory=dict)

  @property
  def num_train_examples(self) -> int:
    """Lines of the train file."""
    return len(self.sets["train"].examples) if "train" in self.sets else 0

  @property
  def metric_note(self) -> str:
    """None: each kind has its own metrics."""
    return ""

  def metric_names(self) -> list[str]:
    """The metrics of this kind of task."""
    return metrics.names(self.definition)

  def write_records(
    self, folder: str, is_chief: bool
  ) -> fine_tuning_session.TrainingRecords:
    """Writes train.tf_record, eval.tf_record and predict.tf_record."""
    del is_chief  # All workers need the arrays that are made on the way.
    length = self.options.max_seq_length
    for name, file in self.sets.items():
      self.arrays[name] = examples.write(
        os.path.join(folder, _RECORDS.format(name)),
        self.definition,
        file.examples,
        self.tokenizer,
        length,
        keep=name != "train",
      )
    return fine_tuning_session.TrainingRecords(
      os.path.join(folder, _RECORDS.format("train")),
      examples.schema(self.definition, length),
      examples.limits(self.definition, self.config),
      self.num_train_examples,
    )

  def evaluate(self, strategy: Any, model: Any) -> task_runner.Scores:
    """Scores the dev file."""
    arrays, batch_size = self.arrays["eval"], self.options.eval_batch_size
    logits = predictor.logits(strategy, model, arrays, batch_size)
    labels = arrays[examples.LABELS]
    if self.fold:
      self.arrays[_LOGITS] = {_LOGITS: logits}
    return metrics.score(self.definition, logits, labels, batch_size)

  def write_scores(
    self, folder: str, step: int, scores: task_runner.Scores
  ) -> None:
    """Writes eval_results.txt, and all scores into eval_metrics.txt."""
    eval_results.write(
      folder, {"global_step": step, **metrics.main_results(scores)}
    )
    text = eval_results.format_results({"global_step": step, **scores})
    others = sorted(set(scores) - set(metrics.main_results(scores)))
    if others:
      shown = (f"{name} {scores[name]:.4g}" for name in others)
      logging.info("other metrics: %s", ", ".join(shown))
    output_files.write_atomically(
      os.path.join(folder, METRICS_FILE), text.encode()
    )
    if self.fold:
      logits = self.arrays[_LOGITS][_LOGITS]
      cross_validation.write_held_out(
        folder,
        self.fold,
        self.sets["eval"].examples,
        self.definition.output_names,
        np.asarray(loss.activation(self.definition.kind, logits)),
      )

  def predict(self, strategy: Any, model: Any) -> task_runner.Predicted:
    """Probabilities or numbers for the test file, float32 [N, C]."""
    found = predictor.scores(
      strategy,
      model,
      self.definition.kind,
      self.arrays["predict"],
      self.options.predict_batch_size,
    )
    return task_runner.Predicted(found)

  def write_answers(
    self, folder: str, step: int, predicted: task_runner.Predicted
  ) -> None:
    """Writes test_results.tsv: a line an example, a column an output."""
    del step
    rows = ["\t".join(map(str, row)) for row in np.asarray(predicted.answers)]
    if self.options.test_results_header:
      rows.insert(0, "\t".join(self.definition.output_names))
    path = os.path.join(folder, TEST_RESULTS_FILE)
    output_files.write_atomically(
      path, "".join(f"{row}\n" for row in rows).encode()
    )
    logging.info("%d answers written to %s", len(predicted.answers), path)

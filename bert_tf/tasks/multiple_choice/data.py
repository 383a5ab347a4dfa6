"""What a run of multiple choice trains on, evaluates and predicts."""

import dataclasses
import functools
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging

from bert_tf import bert_config
from bert_tf.system import output_files
from bert_tf.tasks.multiple_choice import (
  examples,
  loss,
  metrics,
  predictor,
  reader,
  settings,
)
from bert_tf.text import full_tokenizer
from bert_tf.training import (
  eval_results,
  fine_tuning_session,
  objectives,
  task_runner,
)

TEST_RESULTS_FILE = "test_results.tsv"
RECORDS_FILE = "train.tf_record"


@dataclasses.dataclass(frozen=True)
class MultipleChoiceData:
  """The questions that are used; see `task_runner.TaskData`.

  Attributes:
    options: What was told.
    config: The model's sizes.
    tokenizer: The model's.
    sets: The files that are used: "train", "dev", "test".
  """

  options: settings.MultipleChoiceSettings
  config: bert_config.BertConfig
  tokenizer: full_tokenizer.FullTokenizer
  sets: Mapping[str, reader.QuestionFile]

  @property
  def objective(self) -> objectives.SoftObjective:
    """The loss."""
    return loss.MultipleChoiceObjective()

  @property
  def num_train_examples(self) -> int:
    """Questions of the train file."""
    return len(self.sets["train"].questions) if "train" in self.sets else 0

  @property
  def metric_note(self) -> str:
    """None: there is nothing to miss."""
    return ""

  def metric_names(self) -> list[str]:
    """Accuracy and loss."""
    return list(metrics.NAMES)

  def write_records(
    self, folder: str, is_chief: bool
  ) -> fine_tuning_session.TrainingRecords:
    """Writes train.tf_record."""
    del is_chief
    path = os.path.join(folder, RECORDS_FILE)
    length, choices = self.options.max_seq_length, 0
    if "train" in self.sets:
      choices = self.sets["train"].most_choices
      examples.write(
        path, self.sets["train"].questions, self.tokenizer, length, choices
      )
    return fine_tuning_session.TrainingRecords(
      path,
      examples.schema(length, choices),
      examples.limits(self.config, choices),
      self.num_train_examples,
    )

  @functools.cached_property
  def _arrays(self) -> dict[str, examples.Arrays]:
    """The model's inputs by file, made once, not what is trained on."""
    return {}

  def _logits(
    self, kind: str, strategy: Any, model: Any, batch_size: int
  ) -> list[Any]:
    """The logits of each question of a file; `batch_size` in questions."""
    file = self.sets[kind]
    if kind not in self._arrays:
      self._arrays[kind] = examples.encode_questions(
        file.questions, self.tokenizer, self.options.max_seq_length
      )
    return predictor.logits(
      strategy,
      model,
      self._arrays[kind],
      [len(question.choices) for question in file.questions],
      batch_size * file.most_choices,
    )

  def evaluate(self, strategy: Any, model: Any) -> task_runner.Scores:
    """Scores the dev file."""
    labels = [int(x.label or 0) for x in self.sets["dev"].questions]
    rows = self._logits("dev", strategy, model, self.options.eval_batch_size)
    return metrics.score(rows, labels)

  def write_scores(
    self, folder: str, step: int, scores: task_runner.Scores
  ) -> None:
    """Writes eval_results.txt."""
    eval_results.write(folder, {"global_step": step, **scores})

  def predict(self, strategy: Any, model: Any) -> task_runner.Predicted:
    """The probabilities of each test question's choices."""
    rows = self._logits(
      "test", strategy, model, self.options.predict_batch_size
    )
    return task_runner.Predicted([predictor.probabilities(x) for x in rows])

  def write_answers(
    self, folder: str, step: int, predicted: task_runner.Predicted
  ) -> None:
    """Writes test_results.tsv: a line a question, a column a choice."""
    del step
    rows = ["\t".join(map(str, np.asarray(x))) for x in predicted.answers]
    path = os.path.join(folder, TEST_RESULTS_FILE)
    output_files.write_atomically(
      path, "".join(f"{row}\n" for row in rows).encode()
    )
    logging.info("%d answers written to %s", len(rows), path)

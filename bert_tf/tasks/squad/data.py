"""What a run of SQuAD trains on, answers and scores."""

import dataclasses
import os
from typing import Any

from absl import logging

from bert_tf import bert_config
from bert_tf.tasks.squad import (
  answer_decoder,
  answer_files,
  answer_measures,
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

TRAIN_RECORDS = "train.tf_record"
EVAL_RECORDS = "eval.tf_record"


@dataclasses.dataclass(frozen=True)
class SquadData:
  """The questions that are used; see `task_runner.TaskData`.

  Attributes:
    options: What was told.
    config: The model's sizes.
    tokenizer: The model's.
    train: The questions to train on, in the original's order.
    questions: Those to answer.
    windows: Their windows.
    columns: The same as arrays.
    gold: Their right answers; None where some are not known.
    measure: How answers are compared with them.
  """

  options: settings.SquadSettings
  config: bert_config.BertConfig
  tokenizer: full_tokenizer.FullTokenizer
  train: list[reader.Example]
  questions: list[reader.Example]
  windows: list[examples.Window]
  columns: dict[str, Any]
  gold: metrics.Gold | None
  measure: answer_measures.Measure = answer_measures.WORDS

  @property
  def objective(self) -> objectives.SoftObjective:
    """The loss; without padding if that is left out."""
    leaves_out = self.options.pack or self.options.length_buckets
    return loss.SpanObjective(uses_padding=not leaves_out)

  @property
  def num_train_examples(self) -> int:
    """Questions, not windows, as the original counts."""
    return len(self.train)

  @property
  def metric_note(self) -> str:
    """None: all answers have all metrics."""
    return ""

  def metric_names(self) -> list[str]:
    """Exact match and F1; none where right answers are not known."""
    is_version_2 = self.options.decoding.version_2_with_negative
    return metrics.names(self.gold, is_version_2) if self.gold else []

  def write_records(
    self, folder: str, is_chief: bool
  ) -> fine_tuning_session.TrainingRecords:
    """Writes train.tf_record and eval.tf_record."""
    length = self.options.max_seq_length
    path = os.path.join(folder, TRAIN_RECORDS)
    if self.options.do_train:
      made = examples.make(
        self.train,
        self.tokenizer,
        self.options.windows,
        is_training=True,
        alignment=self.options.answer_alignment,
      )
      count = examples.write_records(path, made, length, True)
      logging.info(
        "%d questions in %d windows: %s", len(self.train), count, path
      )
    if self.options.do_predict and is_chief:
      eval_path = os.path.join(folder, EVAL_RECORDS)
      examples.write_records(eval_path, self.windows, length, False)
    return fine_tuning_session.TrainingRecords(
      path,
      examples.schema(length),
      examples.limits(self.config, length),
      len(self.train),
    )

  def evaluate(self, strategy: Any, model: Any) -> task_runner.Scores:
    """Answers the questions and scores the answers."""
    return self._score(self._answer(strategy, model))

  def write_scores(
    self, folder: str, step: int, scores: task_runner.Scores
  ) -> None:
    """Writes eval_results.txt, thresholds with all digits.

    Rounded, they would part other questions.
    """
    exact = {
      name: repr(value) if name.endswith("_thresh") else value
      for name, value in scores.items()
    }
    eval_results.write(folder, {"global_step": step, **exact})

  def predict(self, strategy: Any, model: Any) -> task_runner.Predicted:
    """Answers the questions, and scores them where that is possible."""
    logging.info(
      "answering %d questions in %d windows",
      len(self.questions),
      len(self.windows),
    )
    answers = self._answer(strategy, model)
    return task_runner.Predicted(answers, self._score(answers))

  def write_answers(
    self, folder: str, step: int, predicted: task_runner.Predicted
  ) -> None:
    """Writes the original's files; sets those of other answers aside."""
    paths = answer_files.write(folder, predicted.answers)
    for path in paths:
      logging.info("wrote %s", path)
    if predicted.scores:
      self.write_scores(folder, step, predicted.scores)
      paths.append(os.path.join(folder, eval_results.FILE))
    answer_files.set_aside(folder, paths)

  def _answer(
    self, strategy: Any, model: Any
  ) -> dict[str, answer_decoder.SpanAnswer]:
    starts, ends = predictor.span_logits(
      strategy,
      model,
      self.columns,
      self.options.predict_batch_size,
      self.options.batch_by_length,
    )
    return answer_decoder.decode(
      self.questions,
      self.windows,
      starts,
      ends,
      self.options.decoding,
      self.tokenizer.rules,
    )

  def _score(
    self, answers: dict[str, answer_decoder.SpanAnswer]
  ) -> dict[str, float]:
    is_version_2 = self.options.decoding.version_2_with_negative
    if not self.gold:
      return {}
    return metrics.score(answers, self.gold, is_version_2, self.measure)

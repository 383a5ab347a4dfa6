"""Distillation: a student learns from a teacher's logits.

The teacher's logits are computed once, into the training records, so that a
step costs what it costs without a teacher. Source: Hinton et al., arXiv
1503.02531; recommended for its small models by the original's README.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf.checkpoints import model_folder, model_tokenizer, run_metadata
from bert_tf.kernels import modes
from bert_tf.records import array_records
from bert_tf.text import full_tokenizer
from bert_tf.training import (
  fine_tuning_session,
  fine_tuning_settings,
  objectives,
  task_head,
)

LOGITS = "teacher_logits"
SOFT = "distillation"
_BATCH = 32


class DistillationObjective:
  """(1 - weight) of a task's losses, weight * temperature^2 of the soft one.

  With the square the gradients of both keep their proportion whatever the
  temperature is. Source: section 2 of the paper.

  Args:
    objective: The task's.
    temperature: T.
    weight: Of the soft loss, from 0 to 1.
  """

  def __init__(
    self, objective: objectives.SoftObjective, temperature: float, weight: float
  ):
    self._objective = objective
    self._temperature = temperature
    self._weight = weight
    epsilon = max(objective.epsilons.values())
    self.epsilons: Mapping[str, float] = {**objective.epsilons, SOFT: epsilon}
    self.sum_names: Sequence[str] = (*objective.sum_names, SOFT)
    self.uses_padding = objective.uses_padding
    axis = objective.soft_token_axis
    of_logits = {} if axis is None else {LOGITS: axis}
    self.token_axes: Mapping[str, int] = {**objective.token_axes, **of_logits}

  def weights(self, batch: Mapping[str, Any]) -> dict[str, Any]:
    """The task's, and the weight of the soft loss."""
    soft = tf.reduce_sum(self._objective.soft_weights(batch))
    return {**self._objective.weights(batch), SOFT: soft}

  def sums(
    self, model: Any, batch: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """The task's losses and the soft one, weighted; the task's metrics.

    Args:
      model: The student, which is called once.
      batch: With `teacher_logits`.
      training: Whether dropout is applied.
    """
    outputs = []

    def noted(*args: Any, **kwargs: Any) -> Any:
      outputs.append(model(*args, **kwargs))
      return outputs[-1]

    task = self._objective
    sums = task.sums(noted, batch, training)
    each = task.soft_losses(
      task.soft_logits(outputs[0]), batch[LOGITS], batch, self._temperature
    )
    soft = tf.reduce_sum(each * task.soft_weights(batch))
    hard = {name: sums[name] * (1.0 - self._weight) for name in task.epsilons}
    scale = self._weight * self._temperature**2
    return {**sums, **hard, SOFT: soft * scale}

  def results(self, sums: Mapping[str, float]) -> dict[str, float]:
    """The task's metrics."""
    return self._objective.results(sums)


class Lessons:
  """What a run learns from a teacher, if it has one.

  Args:
    tuning: Names the teacher, and how it is listened to.
    trains: Whether the run trains: else it has no teacher.
    make_model: As of `Teacher`; so are the others.
    head: The task's head.
    run_of: The student's metadata.
    tokenizer: The student's tokenizer.

  Raises:
    OSError: There is no such checkpoint.
    ValueError: The teacher is of something else than the student.
  """

  def __init__(
    self,
    tuning: fine_tuning_settings.FineTuningSettings,
    trains: bool,
    make_model: Any,
    head: task_head.TaskHead,
    run_of: run_metadata.RunMetadata,
    tokenizer: full_tokenizer.FullTokenizer,
  ):
    self._tuning = tuning
    self._teacher: Teacher | None = None
    if tuning.teacher_checkpoint and trains:
      self._teacher = Teacher(
        tuning.teacher_checkpoint, make_model, head, run_of, tokenizer
      )

  def objective(
    self, objective: objectives.SoftObjective
  ) -> objectives.Objective:
    """A task's objective, learning from the teacher, too."""
    if self._teacher is None:
      return objective
    return DistillationObjective(
      objective,
      self._tuning.distillation_temperature,
      self._tuning.distillation_weight,
    )

  def add_logits(
    self,
    records: fine_tuning_session.TrainingRecords,
    objective: objectives.SoftObjective,
  ) -> fine_tuning_session.TrainingRecords:
    """The records with the teacher's logits; the teacher is let go."""
    if self._teacher is None:
      return records
    records = self._teacher.add_logits(records, objective)
    self._teacher = None
    return records


class Teacher:
  """A fine-tuned model that a student learns from.

  Args:
    path: As of `TextPredictor.from_checkpoint`.
    make_model: Makes a model of the task, of a configuration.
    head: The task's head.
    run_of: The student's metadata: labels, kind, and the vocabulary.
    tokenizer: The student's tokenizer.

  Raises:
    OSError: There is no such checkpoint.
    ValueError: It is of another task, vocabulary, tokenizer or other labels, or
      takes shorter texts.
  """

  def __init__(
    self,
    path: str,
    make_model: Any,
    head: task_head.TaskHead,
    run_of: run_metadata.RunMetadata,
    tokenizer: full_tokenizer.FullTokenizer,
  ):
    folder = model_folder.ModelFolder(path)
    head.check(folder.reader, folder.config.hidden_size)
    run_metadata.check_vocabulary(
      f"teacher_checkpoint {path}",
      run_metadata.vocabulary_of(folder.vocab_file),
      run_of.text,
    )
    _check_rules(path, folder, tokenizer)
    _check_labels(path, folder, run_of)
    folder.config.check_length(run_of.text["max_seq_length"])
    self.path = path
    self._model = make_model(folder.config)
    folder.load(self._model, [x.name for x in self._model.unused_variables()])

  def add_logits(
    self,
    records: fine_tuning_session.TrainingRecords,
    objective: objectives.SoftObjective,
  ) -> fine_tuning_session.TrainingRecords:
    """Adds the teacher's logits to the training records, in their file.

    Args:
      records: The records.
      objective: The task's.

    Returns:
      The records, with `teacher_logits` in their schema.
    """
    found = with_logits(records, self._model, objective)
    logging.info("the records have the logits of the teacher %s", self.path)
    return found


def with_logits(
  records: fine_tuning_session.TrainingRecords,
  model: Any,
  objective: objectives.SoftObjective,
) -> fine_tuning_session.TrainingRecords:
  """Adds a model's logits to the training records, in their file.

  Args:
    records: The records.
    model: The model.
    objective: That of its task.

  Returns:
    The records, with `teacher_logits` in their schema.
  """
  # Where padding counts, what is computed of it does.
  mode = modes.Mode(packed=not objective.uses_padding)

  @tf.function(reduce_retracing=True)
  def answer(batch: Any) -> Any:
    logits = objective.soft_logits(model(batch, mode=mode))
    return tf.cast(logits, tf.float32)

  shape: list[int] = []

  def batches() -> Iterator[dict[str, Any]]:
    for rows in tf.data.TFRecordDataset(records.path).batch(_BATCH):
      parsed = tf.io.parse_example(rows, dict(records.schema))
      batch = {name: _as_model_takes_it(x) for name, x in parsed.items()}
      logits = np.asarray(answer(batch))  # [B, ...]
      shape[:] = logits.shape[1:]
      yield {name: x.numpy() for name, x in parsed.items()} | {LOGITS: logits}

  array_records.write(records.path, batches())
  schema = dict(records.schema)
  schema[LOGITS] = tf.io.FixedLenFeature(shape, tf.float32)
  return fine_tuning_session.TrainingRecords(
    records.path, schema, records.limits, records.num_examples
  )


def _as_model_takes_it(value: Any) -> Any:
  return tf.cast(value, tf.int32) if value.dtype == tf.int64 else value


def _check_rules(
  path: str,
  folder: model_folder.ModelFolder,
  tokenizer: full_tokenizer.FullTokenizer,
) -> None:
  theirs = model_tokenizer.load(
    folder.config,
    folder.vocab_file,
    folder.do_lower_case,
    checkpoint=folder.path,
  ).rules.to_dict()
  ours = tokenizer.rules.to_dict()
  wrong = [
    f"{key}={value}, the student {key}={ours.get(key)}"
    for key, value in theirs.items()
    if ours.get(key) != value
  ]
  if wrong:
    raise ValueError(
      f"teacher_checkpoint {path} was trained with another tokenizer: the "
      f"teacher has {'; '.join(wrong)}"
    )


def _check_labels(
  path: str,
  folder: model_folder.ModelFolder,
  run_of: run_metadata.RunMetadata,
) -> None:
  folder.check_labels_of(run_of.labels_of)
  kind = folder.run.kind if folder.run else None
  if None not in (kind, run_of.kind) and kind != run_of.kind:
    raise ValueError(
      f"teacher_checkpoint {path} is a model of {kind}, expected one of "
      f"{run_of.kind}"
    )
  if folder.labels and run_of.labels and folder.labels != run_of.labels:
    raise ValueError(
      f"teacher_checkpoint {path} has the labels {', '.join(folder.labels)}, "
      f"the student {', '.join(run_of.labels)}: they have to be the same, in "
      "the same order; give the student's by labels, where there is such a flag"
    )

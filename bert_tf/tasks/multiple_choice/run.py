"""Multiple choice: from questions with choices to a model and its answers."""

import dataclasses
from typing import Any, Self

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata
from bert_tf.models import multiple_choice
from bert_tf.tables import label_report
from bert_tf.tasks.multiple_choice import data, reader, settings
from bert_tf.text import full_tokenizer, vocabulary_fit
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  task_head,
  task_runner,
  training_loop,
)

# Of `MultipleChoiceSettings`, those that the result of a training depends on.
_SETTINGS = (
  "task_name",
  "context_column",
  "question_column",
  "ending_prefix",
  "label_column",
  "encoding",
  "quoting",
)


@dataclasses.dataclass(frozen=True)
class MultipleChoiceTask:
  """A choice for each question; see `task_runner.Task`.

  Attributes:
    options: What was told.
  """

  options: settings.MultipleChoiceSettings

  @property
  def metadata(self) -> run_metadata.RunMetadata:
    """The task; choices have no names."""
    return run_metadata.RunMetadata(multiple_choice.BertMultipleChoice.task)

  @property
  def head(self) -> task_head.TaskHead:
    """One output, a score."""
    return task_head.TaskHead(1)

  @property
  def settings(self) -> dict[str, Any]:
    """How the train file is read."""
    return {name: getattr(self.options, name) for name in _SETTINGS}

  def train_files(self) -> list[str]:
    """The train file, or the files of its folder."""
    return reader.parts(reader.find(self.options, "train"))

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """As it is: choices have no names."""
    del before
    return self

  def model(
    self, config: bert_config.BertConfig, **kwargs: Any
  ) -> multiple_choice.BertMultipleChoice:
    """A new model."""
    return multiple_choice.BertMultipleChoice(config, **kwargs)

  def read(
    self,
    config: bert_config.BertConfig,
    tokenizer: full_tokenizer.FullTokenizer,
    evaluates: bool,
  ) -> data.MultipleChoiceData:
    """Reads the files that are used; of the test file no labels."""
    wanted = (
      ("train", self.options.do_train),
      ("dev", evaluates),
      ("test", self.options.do_predict),
    )
    sets = {
      kind: reader.read(self.options, kind, kind != "test")
      for kind, used in wanted
      if used
    }
    counts = []
    for kind, file in sets.items():
      texts = (x for q in file.questions for x in (q.context, *q.choices))
      vocabulary_fit.warn_of_unknown(tokenizer, texts, file.path)
      if kind != "test":
        numbers = [str(number) for number in range(file.most_choices)]
        found = (str(question.label) for question in file.questions)
        counts.append(label_report.counts_in(file.path, numbers, found))
    if counts:
      logging.info("%s", "; ".join(counts))
    return data.MultipleChoiceData(self.options, config, tokenizer, sets)


def run(
  config: bert_config.BertConfig,
  options: settings.MultipleChoiceSettings,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> task_runner.Scores:
  """Trains, evaluates and predicts, as told.

  Arguments, errors and result as of `task_runner.run`.
  """
  task = MultipleChoiceTask(options)
  return task_runner.run(task, config, tuning, loop_settings, devices)

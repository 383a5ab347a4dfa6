"""Classification: from tables of text to a model, its scores, its answers."""

import dataclasses
from typing import Any, Self

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata
from bert_tf.models import classifier
from bert_tf.tasks.classification import (
  data,
  reader,
  settings,
  task_definition,
)
from bert_tf.text import full_tokenizer, vocabulary_fit
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  task_head,
  task_runner,
  training_loop,
)

_FEWEST_LABELS = {
  task_definition.SINGLE_LABEL: 2,
  task_definition.MULTI_LABEL: 1,
  task_definition.REGRESSION: 0,
}


@dataclasses.dataclass(frozen=True)
class ClassificationTask:
  """Labels or numbers for texts; see `task_runner.Task`.

  Attributes:
    definition: Which files, columns and labels.
    options: What was told.
  """

  definition: task_definition.TaskDefinition
  options: settings.ClassificationSettings

  @property
  def metadata(self) -> run_metadata.RunMetadata:
    """With the kind of the task, and its labels."""
    task = self.definition
    return run_metadata.RunMetadata(task.name, task.kind, task.labels)

  @property
  def head(self) -> task_head.TaskHead:
    """One output a label."""
    return task_head.TaskHead(self.definition.outputs)

  @property
  def settings(self) -> dict[str, Any]:
    """The columns that are read, and how."""
    split = self.definition.train
    return {
      "text_column": split.text,
      "text_pair_column": split.pair,
      "label_column": split.label,
      "label_separator": self.definition.separator,
      "skip_bad_lines": self.options.skip_bad_lines,
    }

  def train_files(self) -> list[str]:
    """The train file."""
    return [reader.find(self.definition.train, self.options.data_dir)]

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """With labels as given, as trained before, or of the train file.

    Raises:
      FileNotFoundError: There is no train file to find them in.
      ValueError: There are too few.
    """
    task = self.definition
    if task.lacks_labels and before and before.labels:
      task = dataclasses.replace(task, labels=before.labels)
    elif task.lacks_labels:
      train = self._read(task.train)
      cells = {str(example.label) for example in train.examples}
      for names in task.variants_in(cells):
        logging.warning(
          "%s: the labels %s differ by white space or case alone; white space "
          "is stripped, and case makes labels differ: is that meant?",
          train.path,
          ", ".join(map(repr, names)),
        )
      task = task.with_labels_of(cells)
      logging.info("labels found in %s: %s", train.path, task.labels)
    fewest = _FEWEST_LABELS[task.kind]
    if len(task.labels) < fewest:
      raise ValueError(
        f"the task {task.name} has the labels {list(task.labels)}, expected at "
        f"least {fewest} for {task.kind}; give others by labels, or look "
        "whether label_column is the right one"
      )
    return dataclasses.replace(self, definition=task)

  def model(
    self, config: bert_config.BertConfig, **kwargs: Any
  ) -> classifier.BertClassifier:
    """A new model."""
    outputs = self.definition.outputs
    return classifier.BertClassifier(config, outputs, **kwargs)

  def read(
    self,
    config: bert_config.BertConfig,
    tokenizer: full_tokenizer.FullTokenizer,
    evaluates: bool,
  ) -> data.ClassificationData:
    """Reads the files that are used."""
    task = self.definition
    wanted = (
      ("train", task.train, self.options.do_train),
      ("eval", task.dev, evaluates),
      ("predict", task.test, self.options.do_predict),
    )
    sets = {name: self._read(split) for name, split, used in wanted if used}
    for file in sets.values():
      texts = (text for x in file.examples for text in (x.text, x.pair) if text)
      vocabulary_fit.warn_of_unknown(tokenizer, texts, file.path)
    return data.ClassificationData(self.options, config, task, tokenizer, sets)

  def _read(self, split: task_definition.Split) -> reader.ExampleFile:
    return reader.read(
      self.definition,
      split,
      self.options.data_dir,
      self.options.skip_bad_lines,
    )


def run(
  config: bert_config.BertConfig,
  definition: task_definition.TaskDefinition,
  options: settings.ClassificationSettings,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> task_runner.Scores:
  """Trains, evaluates and predicts, as told.

  Arguments, errors and result as of `task_runner.run`.
  """
  return task_runner.run(
    ClassificationTask(definition, options),
    config,
    tuning,
    loop_settings,
    devices,
    options.num_trials,
  )

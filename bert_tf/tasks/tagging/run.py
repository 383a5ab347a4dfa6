"""Tagging: from columns of words and labels to a model and its answers."""

import collections
import dataclasses
import itertools
from typing import Any, Self

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata
from bert_tf.models import token_classifier
from bert_tf.tables import label_report
from bert_tf.tasks.tagging import (
  data,
  label_schemes,
  loss,
  reader,
  settings,
  tag_labels,
)
from bert_tf.text import full_tokenizer, vocabulary_fit
from bert_tf.training import (
  class_weights,
  device_strategy,
  fine_tuning_settings,
  task_head,
  task_runner,
  training_loop,
)

# Of `TaggingSettings`, those that the result of a training depends on.
_SETTINGS = (
  "word_column",
  "label_column",
  "encoding",
  "class_weights",
  "label_smoothing",
)


@dataclasses.dataclass(frozen=True)
class TaggingTask:
  """A label for each word; see `task_runner.Task`.

  Attributes:
    options: What was told.
    labels: The label of each output, once they are found.
    train: The train file, once it is read.
  """

  options: settings.TaggingSettings
  labels: tuple[str, ...] = ()
  train: reader.ColumnFile | None = None

  @property
  def metadata(self) -> run_metadata.RunMetadata:
    """With labels."""
    return run_metadata.RunMetadata("tagging", labels=self.labels)

  @property
  def head(self) -> task_head.TaskHead:
    """One output a label."""
    return task_head.TaskHead(len(self.labels))

  @property
  def settings(self) -> dict[str, Any]:
    """How the train file is read, and what the loss depends on."""
    return {name: getattr(self.options, name) for name in _SETTINGS}

  def train_files(self) -> list[str]:
    """The train file."""
    return [self.options.path("train")]

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """With labels as given, as trained before, or of the train file.

    Raises:
      ValueError: There are fewer than two.
    """
    if self.options.labels:
      given = tag_labels.parse(self.options.labels)
      return dataclasses.replace(self, labels=given)
    if before and before.labels and not self.options.do_train:
      return dataclasses.replace(self, labels=before.labels)
    train = self._read("train")
    found = tag_labels.order(x for row in train.labels() for x in row)
    if len(found) < 2:
      raise ValueError(
        f"{train.path} has the only label {found[0]!r}; expected two at least. "
        f"Is label_column={self.options.label_column} the right one?"
      )
    logging.info("labels found in %s: %s", train.path, ", ".join(found))
    label_report.warn_of_variants(train.path, label_report.variants(found))
    return dataclasses.replace(self, labels=found, train=train)

  def model(
    self, config: bert_config.BertConfig, **kwargs: Any
  ) -> token_classifier.BertTokenClassifier:
    """A new model."""
    outputs = len(self.labels)
    return token_classifier.BertTokenClassifier(config, outputs, **kwargs)

  def read(
    self,
    config: bert_config.BertConfig,
    tokenizer: full_tokenizer.FullTokenizer,
    evaluates: bool,
  ) -> data.TaggingData:
    """Reads the files that are used; of the test file no labels."""
    sets = {}
    if self.options.do_train:
      sets["train"] = self.train or self._read("train")
    if evaluates:
      sets["dev"] = self._read("dev")
    for file in sets.values():
      file.check_labels(self.labels)
      names = itertools.chain.from_iterable(file.labels())
      label_report.tell_counts(file.path, self.labels, names)
    scheme = label_schemes.find(
      self.labels,
      [row for file in sets.values() for row in file.labels()],
      self.options.label_scheme,
    )
    if self.options.do_predict:
      sets["test"] = self._read("test", is_labelled=False)
    reader.warn_of_layouts(list(sets.values()))
    for file in sets.values():
      texts = (" ".join(x.text for x in words) for words in file.sentences)
      vocabulary_fit.warn_of_unknown(tokenizer, texts, file.path)
    return data.TaggingData(
      self.options,
      config,
      self.labels,
      tokenizer,
      sets,
      scheme,
      self._objective(sets.get("train")),
    )

  def _objective(
    self, train: reader.ColumnFile | None
  ) -> loss.TaggingObjective:
    names = [x for row in train.labels() for x in row] if train else []
    weights = class_weights.find(
      self.options.class_weights, self.labels, collections.Counter(names)
    )
    return loss.TaggingObjective(weights, self.options.label_smoothing)

  def _read(self, kind: str, is_labelled: bool = True) -> reader.ColumnFile:
    options = self.options
    return reader.read(
      options.path(kind),
      options.label_column if is_labelled else None,
      options.word_column,
      options.encoding,
    )


def run(
  config: bert_config.BertConfig,
  options: settings.TaggingSettings,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> task_runner.Scores:
  """Trains, evaluates and predicts, as told.

  Arguments, errors and result as of `task_runner.run`.
  """
  task = TaggingTask(options)
  return task_runner.run(task, config, tuning, loop_settings, devices)

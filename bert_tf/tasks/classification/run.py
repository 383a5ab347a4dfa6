"""Classification: from tables of text to a model, its scores, its answers."""

import collections
import dataclasses
import itertools
from typing import Any, Self

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata
from bert_tf.models import classifier
from bert_tf.tables import label_report, table_files, table_form
from bert_tf.tasks.classification import (
  cross_validation,
  data,
  loss,
  reader,
  settings,
  task_definition,
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

# Of `ClassificationSettings`, those that the result of a training depends on.
_SETTINGS = (
  "skip_bad_lines",
  "encoding",
  "quoting",
  "class_weights",
  "label_smoothing",
  "num_folds",
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
    fold: The fold that is held out, of a cross-validation.
  """

  definition: task_definition.TaskDefinition
  options: settings.ClassificationSettings
  fold: cross_validation.Fold | None = None

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
    """The columns that are read, and how; what the loss depends on; folds."""
    split = self.definition.train
    return {
      "text_column": split.text,
      "text_pair_column": split.pair,
      "label_column": split.label,
      "label_separator": self.definition.separator,
      **{name: getattr(self.options, name) for name in _SETTINGS},
    }

  def train_files(self) -> list[str]:
    """The files of the train table."""
    path = reader.find(self.definition.train, self.options.data_dir)
    return table_files.parts(path)

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
      label_report.warn_of_variants(train.path, task.variants_in(cells))
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
      ("eval", task.dev, evaluates and not self.fold),
      ("predict", task.test, self.options.do_predict),
    )
    sets = {name: self._read(split) for name, split, used in wanted if used}
    if self.fold:
      sets["train"], sets["eval"] = self.fold.split(sets["train"])
    counts = []
    for name, file in sets.items():
      if name != "predict" and task.labels:
        names = (task.names_in(str(x.label)) for x in file.examples)
        counts.append(
          label_report.counts_in(
            file.path, task.labels, itertools.chain.from_iterable(names)
          )
        )
      texts = (text for x in file.examples for text in (x.text, x.pair) if text)
      vocabulary_fit.warn_of_unknown(tokenizer, texts, file.path)
    if counts:
      logging.info("%s", "; ".join(counts))
    return data.ClassificationData(
      self.options,
      config,
      task,
      tokenizer,
      sets,
      self._objective(sets.get("train")),
      self.fold,
    )

  def _objective(
    self, train: reader.ExampleFile | None
  ) -> loss.ClassificationObjective:
    """The loss; weights by label as they occur in what is trained on."""
    kind, options = self.definition.kind, self.options
    if options.class_weights and kind != task_definition.SINGLE_LABEL:
      raise ValueError(
        f"class_weights={options.class_weights} needs "
        f"task_type={task_definition.SINGLE_LABEL}, and it is {kind}"
      )
    if options.label_smoothing and kind == task_definition.REGRESSION:
      raise ValueError(
        f"label_smoothing={options.label_smoothing}, but {kind} has no labels"
      )
    cells = [str(x.label) for x in train.examples] if train else []
    counts = collections.Counter(
      name for cell in cells for name in self.definition.names_in(cell)
    )
    weights = class_weights.find(
      options.class_weights, self.definition.labels, counts
    )
    return loss.ClassificationObjective(kind, weights, options.label_smoothing)

  def _read(self, split: task_definition.Split) -> reader.ExampleFile:
    task, options = self.definition, self.options
    is_multi = task.kind == task_definition.MULTI_LABEL
    form = table_form.TableForm(
      options.encoding, options.quoting, task.separator if is_multi else None
    )
    return reader.read(
      task, split, options.data_dir, options.skip_bad_lines, form
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
  task = ClassificationTask(definition, options)
  if options.num_folds == 1:
    return task_runner.run(
      task, config, tuning, loop_settings, devices, options.num_trials
    )
  if device_strategy.has_workers(devices):
    raise ValueError("num_folds above 1 does not work with multi_worker")
  if tuning.best_metric:
    logging.warning(
      "best_metric=%s chooses each fold's checkpoint by the examples it is "
      "scored on: the scores are better than those of new examples",
      tuning.best_metric,
    )

  def one_fold(fold: cross_validation.Fold, folder: str) -> task_runner.Scores:
    return task_runner.run(
      dataclasses.replace(task, fold=fold),
      config,
      dataclasses.replace(tuning, output_dir=folder),
      loop_settings,
      devices,
    )

  return cross_validation.run(
    one_fold, tuning.output_dir, options.num_folds, loop_settings.seed
  )

"""Classification: from tables of text to a model, its scores, its answers."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from absl import logging

from bert_tf import bert_config, files
from bert_tf.inputs import encoded_texts, model_inputs
from bert_tf.models import classifier
from bert_tf.tasks import model_tokenizer
from bert_tf.tasks.classification import (
  examples,
  loss,
  metrics,
  reader,
  task_definition,
  trials,
)
from bert_tf.text import checkpoint_case
from bert_tf.training import (
  batch_predictor,
  device_strategy,
  eval_results,
  fine_tuning,
  output_folder,
  training_loop,
)

METRICS_FILE = "eval_metrics.txt"
TEST_RESULTS_FILE = "test_results.tsv"
_RECORDS = "{}.tf_record"


@dataclasses.dataclass(frozen=True)
class ClassificationSettings:
  """What run_classifier is told, fine-tuning and devices apart.

  Attributes:
    data_dir: Holds the files of the task.
    vocab_file: The model's vocabulary.
    do_lower_case: Whether text is lower-cased.
    max_seq_length: Tokens of a sequence.
    do_train: Whether to train.
    do_eval: Whether to evaluate.
    do_predict: Whether to predict.
    eval_batch_size: Examples of an evaluation batch.
    predict_batch_size: Examples predicted at once.
    num_trials: Trainings with seeds that follow one another.
    test_results_header: Whether test_results.tsv begins with label names.
    skip_bad_lines: As of `reader.read`.
  """

  data_dir: str
  vocab_file: str
  do_lower_case: bool = True
  max_seq_length: int = 128
  do_train: bool = False
  do_eval: bool = False
  do_predict: bool = False
  eval_batch_size: int = 8
  predict_batch_size: int = 8
  num_trials: int = 1
  test_results_header: bool = False
  skip_bad_lines: bool = False

  def __post_init__(self) -> None:
    if not (self.do_train or self.do_eval or self.do_predict):
      raise ValueError("nothing to do: set do_train, do_eval or do_predict")
    for name, least in (
      ("eval_batch_size", 1),
      ("predict_batch_size", 1),
      ("num_trials", 1),
      ("max_seq_length", encoded_texts.SHORTEST),
    ):
      if getattr(self, name) < least:
        raise ValueError(f"{name}={getattr(self, name)} is below {least}")
    if self.num_trials > 1 and not (self.do_train and self.do_eval):
      raise ValueError("num_trials above 1 needs do_train and do_eval")


@dataclasses.dataclass(frozen=True)
class _Data:
  """The features of the sets that are used; empty where one is not.

  Attributes:
    train_file: Record file to train on.
    train_count: Examples in it.
    dev: Arrays [N, ...] by name.
    test: Arrays [N, ...] by name.
  """

  train_file: str
  train_count: int
  dev: examples.Arrays
  test: examples.Arrays


def run(
  config: bert_config.BertConfig,
  task: task_definition.Task,
  settings: ClassificationSettings,
  tuning: fine_tuning.Settings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> metrics.Results:
  """Trains, evaluates and predicts, as told.

  Everything is read and checked before anything is written.

  Returns:
    The scores, if evaluated; of several trials their means.

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
  task = find_labels(task, settings, tuning.output_dir)
  tuning = tuning.with_known_metric(metrics.names(task))
  owner = {"task": task.name, "kind": task.kind, "labels": list(task.labels)}
  output_folder.check(tuning.output_dir, owner)
  head = task.outputs, config.hidden_size
  tuning.check_head(head, settings.do_train)
  sets = _read(task, settings, tuning)

  def begin(folder: str, seed: int) -> fine_tuning.Session:
    return fine_tuning.Session(
      _model_maker(config, task.outputs),
      dataclasses.replace(tuning, output_dir=folder),
      dataclasses.replace(loop_settings, seed=seed),
      devices,
    )

  folder, seed, count = (
    tuning.output_dir,
    loop_settings.seed,
    settings.num_trials,
  )
  first = begin(folder if count == 1 else trials.folder(folder, 1), seed)
  # What fails, if at all, fails before anything is written.
  if settings.do_train:
    first.num_train_steps(len(sets["train"].examples))
  else:
    first.model()
  output_folder.claim(folder, owner)
  data = _write_records(sets, task, tokenizer, settings, tuning)
  if count == 1:
    return _work(first, config, task, data, settings)

  def one_trial(folder: str, seed: int) -> metrics.Results:
    is_first = folder == first.settings.output_dir
    session = first if is_first else begin(folder, seed)
    return _work(session, config, task, data, settings)

  return trials.run(one_trial, folder, seed, count)


def find_labels(
  task: task_definition.Task, settings: ClassificationSettings, output_dir: str
) -> task_definition.Task:
  """The task with labels: as given, as trained before, or of the train file.

  Raises:
    FileNotFoundError: There is no train file to find them in.
    ValueError: There are fewer than two, or one for several labels.
  """
  if task.lacks_labels:
    before = output_folder.read(output_dir).get("labels")
    if before:
      task = dataclasses.replace(task, labels=tuple(before))
    else:
      train = reader.read(
        task, task.train, settings.data_dir, settings.skip_bad_lines
      )
      task = task.with_labels_of(
        str(example.label) for example in train.examples
      )
      logging.info("labels found in %s: %s", train.path, task.labels)
  least = {task_definition.SINGLE_LABEL: 2, task_definition.MULTI_LABEL: 1}.get(
    task.kind, 0
  )
  if len(task.labels) < least:
    raise ValueError(
      f"the task {task.name} has the labels {list(task.labels)}, expected at "
      f"least {least} for {task.kind}; give others by labels, or look whether "
      "label_column is the right one"
    )
  return task


def _read(
  task: task_definition.Task,
  settings: ClassificationSettings,
  tuning: fine_tuning.Settings,
) -> dict[str, reader.ExampleFile]:
  """Reads the sets that are used: "train", "eval", "predict"."""
  evaluates = settings.do_eval or (settings.do_train and tuning.eval_steps)
  wanted = (
    ("train", task.train, settings.do_train),
    ("eval", task.dev, evaluates),
    ("predict", task.test, settings.do_predict),
  )
  return {
    name: reader.read(task, split, settings.data_dir, settings.skip_bad_lines)
    for name, split, is_wanted in wanted
    if is_wanted
  }


def _write_records(
  sets: Mapping[str, reader.ExampleFile],
  task: task_definition.Task,
  tokenizer: Any,
  settings: ClassificationSettings,
  tuning: fine_tuning.Settings,
) -> _Data:
  """Writes train.tf_record, eval.tf_record and predict.tf_record."""
  made: dict[str, examples.Arrays] = {}
  for name, found in sets.items():
    made[name] = examples.write(
      os.path.join(tuning.output_dir, _RECORDS.format(name)),
      task,
      found.examples,
      tokenizer,
      settings.max_seq_length,
      keep=name != "train",
    )
  return _Data(
    os.path.join(tuning.output_dir, _RECORDS.format("train")),
    len(sets["train"].examples) if "train" in sets else 0,
    made.get("eval", {}),
    made.get("predict", {}),
  )


def _model_maker(
  config: bert_config.BertConfig, outputs: int
) -> Callable[..., classifier.BertClassifier]:
  def make(**kwargs: Any) -> classifier.BertClassifier:
    return classifier.BertClassifier(config, outputs, **kwargs)

  return make


def _work(
  session: fine_tuning.Session,
  config: bert_config.BertConfig,
  task: task_definition.Task,
  data: _Data,
  settings: ClassificationSettings,
) -> metrics.Results:
  """One training with what follows it."""
  strategy, folder = session.strategy, session.settings.output_dir

  def evaluate(model: Any) -> metrics.Results:
    batch_size = settings.eval_batch_size
    logits = _logits(strategy, model, data.dev, batch_size)
    labels = data.dev[examples.LABELS]
    return metrics.score(task, logits, labels, batch_size)

  if settings.do_train:
    session.train(
      data.train_file,
      examples.schema(task, settings.max_seq_length),
      examples.limits(task, config),
      data.train_count,
      loss.ClassificationObjective(task.kind),
      evaluate,
    )
  scores: metrics.Results = {}
  if settings.do_eval:
    scores = evaluate(session.model())
    if device_strategy.is_chief(strategy):
      _write_scores(folder, session.global_step, scores)
  if settings.do_predict:
    batch_size = settings.predict_batch_size
    logits = _logits(strategy, session.model(), data.test, batch_size)
    answers = np.asarray(loss.activation(task.kind, logits))
    if device_strategy.is_chief(strategy):
      write_answers(
        os.path.join(folder, TEST_RESULTS_FILE),
        answers,
        task.output_names if settings.test_results_header else None,
      )
  return scores


def _logits(
  strategy: Any, model: Any, arrays: examples.Arrays, batch_size: int
) -> Any:
  """Logits of all examples in order, float32 [N, C]."""
  inputs = {name: arrays[name] for name in model_inputs.NAMES}
  results = batch_predictor.predict(strategy, model, _score, inputs, batch_size)
  return results["logits"]


def _score(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  return {"logits": model(batch)}


def _write_scores(folder: str, step: int, scores: metrics.Results) -> None:
  """Writes eval_results.txt, and all scores into eval_metrics.txt."""
  eval_results.write(
    folder, {"global_step": step, **metrics.main_results(scores)}
  )
  text = eval_results.format_results({"global_step": step, **scores})
  files.write_atomically(os.path.join(folder, METRICS_FILE), text.encode())
  logging.info("***** All metrics *****\n%s", text.rstrip())


def write_answers(
  path: str, answers: Any, header: tuple[str, ...] | None = None
) -> None:
  """Writes test_results.tsv: a line an example, a column an output.

  Args:
    path: The file.
    answers: float32 [N, C].
    header: Names of the columns, for a first line.
  """
  lines = ["\t".join(header)] if header else []
  lines += ["\t".join(map(str, row)) for row in answers]
  files.write_atomically(path, "".join(f"{x}\n" for x in lines).encode())
  logging.info("%d answers written to %s", len(answers), path)

"""The fine-tuning procedure shared by all tasks.

A task implements two protocols: `Task`, the task with its settings, and
`TaskData`, the task with its files read. The runner first checks settings,
vocabulary, labels, output folder, checkpoint and input files, in this order;
nothing is written before all checks have passed. Then it trains, evaluates and
predicts.
"""

import dataclasses
import functools
import json
import types
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from bert_tf import bert_config
from bert_tf.checkpoints import model_tokenizer, run_metadata
from bert_tf.text import checkpoint_case, full_tokenizer
from bert_tf.training import (
  device_strategy,
  fine_tuning_session,
  fine_tuning_settings,
  objectives,
  run_checkpoints,
  task_head,
  training_loop,
  trials,
)

Scores = Mapping[str, float]


class TaskOptions(Protocol):
  """The settings of a task that the runner itself uses."""

  @property
  def vocab_file(self) -> str:
    """The model's vocabulary."""

  @property
  def do_lower_case(self) -> bool | None:
    """Whether text is lower-cased; None takes what the model's files say."""

  @property
  def max_seq_length(self) -> int:
    """Maximum sequence length in tokens."""

  @property
  def do_train(self) -> bool:
    """Whether to train."""

  @property
  def do_eval(self) -> bool:
    """Whether to evaluate."""

  @property
  def do_predict(self) -> bool:
    """Whether to predict."""


class Predicted(NamedTuple):
  """The predictions for the test file.

  Attributes:
    answers: The predictions, in a form of the task's own.
    scores: Scores of the predictions, if the right answers are known.
  """

  answers: Any
  scores: Scores = types.MappingProxyType({})


class TaskData(Protocol):
  """A task whose input files have been read."""

  @property
  def objective(self) -> objectives.Objective:
    """The losses of training."""

  @property
  def num_train_examples(self) -> int:
    """Number of training examples; 0 without training."""

  def metric_names(self) -> Sequence[str]:
    """The names of the scores that `evaluate` returns."""

  @property
  def metric_note(self) -> str:
    """Why there are no others, where a user may miss some; else empty."""

  def write_records(
    self, folder: str, is_chief: bool
  ) -> fine_tuning_session.TrainingRecords:
    """Writes the record files.

    Args:
      folder: The output folder.
      is_chief: Whether this is the chief worker. Only the chief writes results,
        but every worker needs the training records.

    Returns:
      The training records; ignored without training.
    """

  def evaluate(self, strategy: Any, model: Any) -> Scores:
    """Scores a model on the evaluation set, during and after training."""

  def write_scores(self, folder: str, step: int, scores: Scores) -> None:
    """Writes the scores returned by `evaluate`."""

  def predict(self, strategy: Any, model: Any) -> Predicted:
    """Applies a model to the test file."""

  def write_answers(self, folder: str, step: int, predicted: Predicted) -> None:
    """Writes the predictions returned by `predict`."""


class Task(Protocol):
  """A task with its settings, before its input files are read."""

  @property
  def options(self) -> TaskOptions:
    """The settings."""

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """Returns the task with its labels determined.

    Args:
      before: Metadata that an earlier run left in the output folder.
    """

  @property
  def metadata(self) -> run_metadata.RunMetadata:
    """Metadata to be stored in the output folder."""

  @property
  def head(self) -> task_head.TaskHead:
    """The model's output layer."""

  def model(self, config: bert_config.BertConfig, **kwargs: Any) -> Any:
    """Creates a model; `kwargs` as of `BertModel`."""

  def read(
    self,
    config: bert_config.BertConfig,
    tokenizer: full_tokenizer.FullTokenizer,
    evaluates: bool,
  ) -> TaskData:
    """Reads and checks the input files that are needed.

    Args:
      config: The model's configuration.
      tokenizer: The model's tokenizer.
      evaluates: Whether `evaluate` will be called.
    """


def run(
  task: Task,
  config: bert_config.BertConfig,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
  num_trials: int = 1,
) -> Scores:
  """Trains, evaluates and predicts, as the task's settings say.

  Args:
    task: The task.
    config: The model's configuration.
    tuning: Settings of the fine-tuning.
    loop_settings: Settings of the training loop.
    devices: Settings of the devices.
    num_trials: Number of trainings, with consecutive seeds.

  Returns:
    The scores, if evaluated; for several trials the mean of each score.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: A setting, file or checkpoint does not fit; see the message.
    training_loop.NanLossError: The loss is no longer a number.
  """
  options, output_dir = task.options, tuning.output_dir
  checkpoint_case.validate_case_matches_checkpoint(
    options.do_lower_case, tuning.init_checkpoint
  )
  config.check_length(options.max_seq_length)
  tuning.check_layers(config.num_hidden_layers)
  before = run_metadata.read(output_dir)
  resumed = _trained(output_dir)
  tokenizer = model_tokenizer.load(
    config,
    options.vocab_file,
    options.do_lower_case,
    checkpoint=None if before and before.text else tuning.init_checkpoint,
    told=before.rules(output_dir) if before else {},
    trains=options.do_train,
  )
  task = task.with_labels(before)
  run_of = dataclasses.replace(
    task.metadata,
    text=run_metadata.text_of(
      tokenizer.rules, options.vocab_file, options.max_seq_length
    ),
  )
  if options.do_train:
    settings = run_settings(config, tuning, loop_settings, devices, options)
    run_of = dataclasses.replace(run_of, settings=settings)
  resumes = resumed and options.do_train
  run_metadata.check(output_dir, run_of, resumes)
  task.head.check_run(tuning, config.hidden_size, options.do_train)
  evaluates = options.do_eval or (options.do_train and tuning.eval_steps > 0)
  data = task.read(config, tokenizer, evaluates)
  if tuning.best_metric:
    tuning = tuning.with_known_metric(data.metric_names(), data.metric_note)

  def begin(folder: str, seed: int) -> fine_tuning_session.Session:
    return fine_tuning_session.Session(
      functools.partial(task.model, config),
      dataclasses.replace(tuning, output_dir=folder),
      dataclasses.replace(loop_settings, seed=seed),
      devices,
    )

  is_alone = num_trials == 1
  folder = output_dir if is_alone else trials.folder(output_dir, 1)
  first = begin(folder, loop_settings.seed)
  if options.do_train:
    first.num_train_steps(data.num_train_examples)
    first.check_start(config)
  else:
    first.model()
  # All checks have passed; from here on files are written.
  is_chief = device_strategy.is_chief(first.strategy)
  run_metadata.claim(output_dir, run_of, resumes)
  records = data.write_records(output_dir, is_chief)
  if is_alone:
    return _work(first, options, data, records)

  def one_trial(folder: str, seed: int) -> Scores:
    is_first = folder == first.settings.output_dir
    session = first if is_first else begin(folder, seed)
    return _work(session, options, data, records)

  return trials.run(one_trial, output_dir, loop_settings.seed, num_trials)


def _trained(output_dir: str) -> bool:
  """Whether a folder holds a training, or the first of several trials."""
  return any(
    run_checkpoints.latest(folder)
    for folder in (output_dir, trials.folder(output_dir, 1))
  )


def run_settings(
  config: bert_config.BertConfig,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
  options: Any,
) -> dict[str, Any]:
  """The settings that the result of a training depends on, as JSON has them.

  Args:
    config: The model's configuration.
    tuning: Settings of the fine-tuning.
    loop_settings: Settings of the training loop.
    devices: Settings of the devices.
    options: Settings of the task: of files `data_dir` and `train_file`, and
      what the loss depends on.
  """
  found: dict[str, Any] = {
    f"bert_config.{key}": value
    for key, value in config.to_dict().items()
    if key not in config.extra
  }
  found |= {
    "train_batch_size": loop_settings.batch_size,
    "gradient_accumulation_steps": loop_settings.gradient_accumulation_steps,
    "seed": loop_settings.seed,
    "precision": devices.precision,
    # Other rows drop other entries, and run_squad has another loss.
    "pack": "unset" if devices.pack is None else devices.pack,
  }
  for name in (
    "learning_rate",
    "num_train_epochs",
    "warmup_proportion",
    "optimizer",
    "freeze_layers",
    "layer_decay",
    "init_checkpoint",
  ):
    found[name] = getattr(tuning, name)
  for name in ("data_dir", "train_file", "label_smoothing", "num_folds"):
    found[name] = getattr(options, name, None)
  if hasattr(options, "class_weights"):
    found["class_weights"] = options.class_weights or "unset"
  for name in ("init_checkpoint", "data_dir", "train_file"):
    if found[name]:
      # Of paths the end: the same files may lie elsewhere.
      found[name] = "/".join(str(found[name]).rstrip("/").split("/")[-2:])
  known = {name: value for name, value in found.items() if value is not None}
  values: dict[str, Any] = json.loads(json.dumps(known))
  return values


def _work(
  session: fine_tuning_session.Session,
  options: TaskOptions,
  data: TaskData,
  records: fine_tuning_session.TrainingRecords,
) -> Scores:
  """Runs one training and the evaluation and prediction that follow it."""
  strategy, folder = session.strategy, session.settings.output_dir
  is_chief = device_strategy.is_chief(strategy)
  scores: Scores = {}
  if options.do_train:
    session.train(
      records, data.objective, lambda model: data.evaluate(strategy, model)
    )
  if options.do_eval:
    scores = data.evaluate(strategy, session.model())
    if is_chief:
      data.write_scores(folder, session.global_step, scores)
  if options.do_predict:
    predicted = data.predict(strategy, session.model())
    scores = {**scores, **predicted.scores}
    if is_chief:
      data.write_answers(folder, session.global_step, predicted)
  return scores

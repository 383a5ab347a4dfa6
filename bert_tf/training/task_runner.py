"""The fine-tuning procedure shared by all tasks.

A task implements two protocols: `Task`, the task with its settings, and
`TaskData`, the task with its files read. The runner first checks settings,
vocabulary, labels, output folder, checkpoint and input files, in this order;
nothing is written before all checks have passed. Then it trains, evaluates and
predicts.
"""

import dataclasses
import functools
import types
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from bert_tf import bert_config
from bert_tf.checkpoints import model_tokenizer, run_folder, run_metadata
from bert_tf.text import checkpoint_case, full_tokenizer
from bert_tf.training import (
  best_checkpoint,
  device_strategy,
  distillation,
  fine_tuning_session,
  fine_tuning_settings,
  hparams_log,
  objectives,
  run_checkpoints,
  run_lock,
  run_settings,
  task_head,
  training_loop,
  trials,
  whole_checkpoints,
)

Scores = Mapping[str, float]
_TUNING = (
  "learning_rate",
  "num_train_epochs",
  "warmup_proportion",
  "optimizer",
  "freeze_layers",
  "layer_decay",
  "init_checkpoint",
  "eval_steps",
  "best_metric",
  "early_stopping_patience",
  "init_from_layers",
  "teacher_checkpoint",
  "distillation_temperature",
  "distillation_weight",
)
_FILES = ("data_dir", "train_file")


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
  def objective(self) -> objectives.SoftObjective:
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

  @property
  def settings(self) -> Mapping[str, Any]:
    """The settings that the task's training depends on; None for unset."""

  def train_files(self) -> Sequence[str]:
    """The files that are trained on.

    Raises:
      FileNotFoundError: There is none.
    """

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """Returns the task with what an earlier run may tell: labels, mostly.

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
  config = fine_tuning_session.config_of(config, tuning)
  config.check_length(options.max_seq_length)
  devices.check_length(options.max_seq_length)
  tuning.check_layers(config.num_hidden_layers)
  before = run_metadata.read(output_dir)
  if options.do_train:
    run_lock.check(output_dir)
  resumed = _trained(output_dir, options.do_train, loop_settings.require_latest)
  tokenizer = model_tokenizer.load(
    config,
    options.vocab_file,
    options.do_lower_case,
    checkpoint=None if before and before.text else tuning.init_checkpoint,
    told=before.rules(output_dir) if before else {},
    trains=options.do_train,
  )
  task = task.with_labels(before)
  run_of = _metadata(task, tokenizer, config, tuning, loop_settings, devices)
  resumes = resumed and options.do_train
  run_metadata.check(
    output_dir, _compared(run_of, config) if resumed else run_of, resumes
  )
  task.head.check_run(tuning, config.hidden_size, options.do_train)
  evaluates = options.do_eval or (options.do_train and tuning.eval_steps > 0)
  data = task.read(config, tokenizer, evaluates)
  lessons = distillation.Lessons(
    tuning, options.do_train, task.model, task.head, run_of, tokenizer
  )
  objective = lessons.objective(data.objective)
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
  _prepare(first, options.do_train, config, data, objective)
  is_chief = device_strategy.is_chief(first.strategy)
  # All checks have passed; from here on files are written.
  with run_lock.holding(output_dir, options.do_train and is_chief):
    run_folder.claim(output_dir, run_of, resumes, config, options.vocab_file)
    records = lessons.add_logits(
      data.write_records(output_dir, is_chief), data.objective
    )
    if is_alone:
      return _work(first, options, data, records, objective)[0]

    def one_trial(folder: str, seed: int) -> Scores:
      is_first = folder == first.settings.output_dir
      session = first if is_first else begin(folder, seed)
      scores, step = _work(session, options, data, records, objective)
      if options.do_train and is_chief:
        told = {**run_of.settings, "seed": seed}
        hparams_log.write(folder, told, scores, step)
      return scores

    return trials.run(one_trial, output_dir, loop_settings.seed, num_trials)


def _compared(
  run_of: run_metadata.RunMetadata, config: bert_config.BertConfig
) -> run_metadata.RunMetadata:
  """A run with its model's settings: answers depend on more than on shapes."""
  settings = run_settings.of_model(config) | dict(run_of.settings)
  return dataclasses.replace(run_of, settings=settings)


def _prepare(
  session: fine_tuning_session.Session,
  trains: bool,
  config: bert_config.BertConfig,
  data: TaskData,
  objective: objectives.Objective,
) -> None:
  """Makes and checks all that can be wrong before the first file is written."""
  if not trains:
    session.model()
    return
  session.num_train_steps(data.num_train_examples)
  session.check_start(config)
  session.prepare(
    data.num_train_examples,
    objective,
    functools.partial(data.evaluate, session.strategy),
  )


def _trained(output_dir: str, resumes: bool, require_latest: bool) -> bool:
  """Whether a folder holds a training, or the first of several trials.

  The best checkpoint of a run that was killed before it saved another is one:
  the next run compares its own with it.

  Args:
    output_dir: The folder.
    resumes: Whether the run would go on with it, perhaps from an older
      checkpoint than the newest.
    require_latest: As of `LoopSettings`.
  """
  folders = (output_dir, trials.folder(output_dir, 1))
  found = [
    whole_checkpoints.newest(folder, require_latest).prefix
    if resumes
    else run_checkpoints.latest(folder)
    for folder in folders
  ]
  return any(found) or any(map(best_checkpoint.is_kept, folders))


def _metadata(
  task: Task,
  tokenizer: full_tokenizer.FullTokenizer,
  config: bert_config.BertConfig,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> run_metadata.RunMetadata:
  """The task, its text, and what the result of a training depends on."""
  options = task.options
  text = run_metadata.text_of(
    tokenizer.rules, options.vocab_file, options.max_seq_length
  )
  run_of = dataclasses.replace(task.metadata, text=text)
  if not options.do_train:
    return run_of
  settings = run_settings.of_training(
    config,
    loop_settings,
    devices,
    {name: getattr(tuning, name) for name in _TUNING}
    | {name: getattr(options, name, None) for name in _FILES}
    | dict(task.settings),
    task.train_files(),
  )
  return dataclasses.replace(run_of, settings=settings)


def _work(
  session: fine_tuning_session.Session,
  options: TaskOptions,
  data: TaskData,
  records: fine_tuning_session.TrainingRecords,
  objective: objectives.Objective,
) -> tuple[Scores, int]:
  """Runs one training and the evaluation and prediction that follow it.

  Returns:
    The scores, and how many steps the model was trained.
  """
  strategy, folder = session.strategy, session.settings.output_dir
  is_chief = device_strategy.is_chief(strategy)
  scores: Scores = {}
  if options.do_train:
    session.train(
      records, objective, functools.partial(data.evaluate, strategy)
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
  return scores, session.global_step

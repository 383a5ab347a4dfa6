"""What every fine-tuning run does, whatever its task: once, in one order.

A task says what is its own behind two protocols: `Task`, which is what was
asked for, and `TaskData`, which is that with its files read. The runner checks
settings, vocabulary, labels, output folder, checkpoint and files, in this
order, before anything is written; then it trains, evaluates and predicts.
"""

import dataclasses
import functools
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
  task_head,
  training_loop,
  trials,
)

Scores = Mapping[str, float]


class TaskOptions(Protocol):
  """What the runner itself looks at in the settings of a task."""

  @property
  def vocab_file(self) -> str:
    """The model's vocabulary."""

  @property
  def do_lower_case(self) -> bool:
    """Whether text is lower-cased."""

  @property
  def max_seq_length(self) -> int:
    """Tokens of a sequence."""

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
  """What a model answers to the file to predict.

  Attributes:
    answers: As the task has them.
    scores: Where right answers are known too.
  """

  answers: Any
  scores: Scores = types.MappingProxyType({})


class TaskData(Protocol):
  """A task whose files are read."""

  @property
  def objective(self) -> objectives.Objective:
    """The losses of training."""

  @property
  def num_train_examples(self) -> int:
    """Examples by which training is counted; 0 where none is read."""

  def metric_names(self) -> Sequence[str]:
    """The scores that `evaluate` will give."""

  def write_records(
    self, folder: str, is_chief: bool
  ) -> fine_tuning_session.TrainingRecords:
    """Writes the record files.

    Args:
      folder: The output folder.
      is_chief: Whether this worker writes for all. What is trained on is
        needed by each.

    Returns:
      What is to be trained on; not looked at where nothing is trained.
    """

  def evaluate(self, strategy: Any, model: Any) -> Scores:
    """Scores a model, while training and afterwards."""

  def write_scores(self, folder: str, step: int, scores: Scores) -> None:
    """Writes what `evaluate` gave."""

  def predict(self, strategy: Any, model: Any) -> Predicted:
    """Applies a model to the file to predict."""

  def write_answers(self, folder: str, step: int, predicted: Predicted) -> None:
    """Writes what `predict` gave."""


class Task(Protocol):
  """A task with its settings, of which no more is read than its labels."""

  @property
  def options(self) -> TaskOptions:
    """What was told."""

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """The task with its labels found, if it has any.

    Args:
      before: What an earlier run wrote into the output folder.
    """

  @property
  def metadata(self) -> run_metadata.RunMetadata:
    """What the output folder is to say of the run."""

  @property
  def head(self) -> task_head.TaskHead:
    """The head that the model has."""

  def model(self, config: bert_config.BertConfig, **kwargs: Any) -> Any:
    """A new model; `kwargs` as of `BertModel`."""

  def read(
    self,
    config: bert_config.BertConfig,
    tokenizer: full_tokenizer.FullTokenizer,
    evaluates: bool,
  ) -> TaskData:
    """Reads and checks the files that are used.

    Args:
      config: The model's sizes.
      tokenizer: The model's.
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
  """Trains, evaluates and predicts, as told.

  Args:
    task: The task.
    config: The model's sizes.
    tuning: How it is trained.
    loop_settings: Of the loop.
    devices: Where to compute.
    num_trials: Trainings with seeds that follow one another.

  Returns:
    The scores, if evaluated; of several trials their means.

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
  tokenizer = model_tokenizer.load(
    config, options.vocab_file, options.do_lower_case
  )
  task = task.with_labels(run_metadata.read(output_dir))
  run_metadata.check(output_dir, task.metadata)
  task.head.check_run(tuning, config.hidden_size, options.do_train)
  evaluates = options.do_eval or (options.do_train and tuning.eval_steps > 0)
  data = task.read(config, tokenizer, evaluates)
  if tuning.best_metric:
    tuning = tuning.with_known_metric(data.metric_names())

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
  else:
    first.model()
  # All is checked: from here on files are written.
  is_chief = device_strategy.is_chief(first.strategy)
  run_metadata.claim(output_dir, task.metadata)
  records = data.write_records(output_dir, is_chief)
  if is_alone:
    return _work(first, options, data, records)

  def one_trial(folder: str, seed: int) -> Scores:
    is_first = folder == first.settings.output_dir
    session = first if is_first else begin(folder, seed)
    return _work(session, options, data, records)

  return trials.run(one_trial, output_dir, loop_settings.seed, num_trials)


def _work(
  session: fine_tuning_session.Session,
  options: TaskOptions,
  data: TaskData,
  records: fine_tuning_session.TrainingRecords,
) -> Scores:
  """One training with what follows it."""
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

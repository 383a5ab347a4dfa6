"""Fine-tuning on SQuAD, prediction and scoring: what run_squad does."""

import dataclasses
import random
from typing import Any, Self

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata
from bert_tf.models import span_labeler
from bert_tf.tasks.squad import (
  answer_measures,
  data,
  examples,
  metrics,
  reader,
  settings,
)
from bert_tf.text import full_tokenizer, vocabulary_fit
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  task_head,
  task_runner,
  training_loop,
)

_HEAD = task_head.TaskHead(
  outputs=2,
  scope="cls/squad/",
  warning_without=(
    "it was not trained to answer questions, and answers are left to chance"
  ),
)
_SHUFFLE_SEED = 12345  # the original's: the records come in its order


@dataclasses.dataclass(frozen=True)
class SquadTask:
  """Answering questions; see `task_runner.Task`."""

  options: settings.SquadSettings

  @property
  def metadata(self) -> run_metadata.RunMetadata:
    """There is one task of this name."""
    return run_metadata.RunMetadata("squad")

  @property
  def head(self) -> task_head.TaskHead:
    """Start and end. Unlike other tasks', a model without it may answer."""
    return _HEAD

  @property
  def settings(self) -> dict[str, Any]:
    """How contexts are cut, and what answers there are."""
    windows, decoding = self.options.windows, self.options.decoding
    return {
      "doc_stride": windows.doc_stride,
      "max_query_length": windows.max_query_length,
      "version_2_with_negative": decoding.version_2_with_negative,
      "answer_alignment": decoding.answer_alignment,
    }

  def train_files(self) -> list[str]:
    """The train file."""
    return [self.options.train_file] if self.options.train_file else []

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """It has none; answers are aligned as a model in the folder was trained."""
    told = self.options.answer_alignment
    trained = settings.trained_alignment(before.settings if before else {})
    if told and before and told != trained:
      logging.info(
        "answer_alignment=%s is given; the model in output_dir was trained "
        "with %s",
        told,
        trained,
      )
    decoding = dataclasses.replace(
      self.options.decoding, answer_alignment=told or trained
    )
    return dataclasses.replace(
      self, options=dataclasses.replace(self.options, decoding=decoding)
    )

  def model(
    self, config: bert_config.BertConfig, **kwargs: Any
  ) -> span_labeler.BertSpanLabeler:
    """A new model."""
    return span_labeler.BertSpanLabeler(config, **kwargs)

  def read(
    self,
    config: bert_config.BertConfig,
    tokenizer: full_tokenizer.FullTokenizer,
    evaluates: bool,
  ) -> data.SquadData:
    """Reads the questions, and cuts the contexts of those to answer."""
    path, decoding = self.options.predict_file, self.options.decoding
    if evaluates and not path:
      raise ValueError("eval_steps needs a predict_file with answers")
    train: list[reader.Example] = []
    if self.options.do_train and self.options.train_file:
      train = reader.read_for_training(
        self.options.train_file, decoding.version_2_with_negative
      )
      random.Random(_SHUFFLE_SEED).shuffle(train)
    questions, gold, measure = [], None, answer_measures.WORDS
    if path and (self.options.do_predict or evaluates):
      questions = reader.read_for_prediction(path)
      gold = metrics.gold_of(questions, path, decoding.version_2_with_negative)
      if evaluates and gold is None:
        raise ValueError(f"eval_steps needs answers, which {path} has not")
      if gold:
        measure = metrics.measure_of(self.options.score_by, questions, path)
    for file, asked in ((self.options.train_file, train), (path, questions)):
      texts = dict.fromkeys(question.context.text for question in asked)
      vocabulary_fit.warn_of_unknown(tokenizer, texts, str(file))
    windows = list(examples.make(questions, tokenizer, self.options.windows))
    columns = examples.columns(windows, self.options.max_seq_length)
    return data.SquadData(
      self.options,
      config,
      tokenizer,
      train,
      questions,
      windows,
      columns,
      gold,
      measure,
    )


def run(
  config: bert_config.BertConfig,
  options: settings.SquadSettings,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> task_runner.Scores:
  """Trains, answers, or both; scores where right answers are known.

  Arguments, errors and result as of `task_runner.run`.
  """
  task = SquadTask(options)
  return task_runner.run(task, config, tuning, loop_settings, devices)

"""Sentence pairs: from tables of pairs to a model of sentence vectors."""

import dataclasses
from typing import Any, Self

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata
from bert_tf.models import sentence_encoder
from bert_tf.tables import table_files
from bert_tf.tasks.sentence_pairs import data, reader, settings
from bert_tf.text import full_tokenizer, vocabulary_fit
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  task_head,
  task_runner,
  training_loop,
)

# Of `SentencePairSettings`, those that the result of a training depends on.
_SETTINGS = (
  *("objective", "text_column", "text_pair_column", "label_column"),
  *("max_score", "scale", "encoding", "quoting"),
)


@dataclasses.dataclass(frozen=True)
class SentencePairTask:
  """Vectors that say how alike texts are; see `task_runner.Task`.

  Attributes:
    options: What was told.
  """

  options: settings.SentencePairSettings

  @property
  def metadata(self) -> run_metadata.RunMetadata:
    """With the pooling, which the vectors depend on."""
    return run_metadata.RunMetadata(
      sentence_encoder.BertSentenceEncoder.task,
      others={"pooling": self.options.pooling},
    )

  @property
  def head(self) -> task_head.TaskHead:
    """None."""
    return task_head.TaskHead(0)

  @property
  def settings(self) -> dict[str, Any]:
    """The columns that are read, and how; what the loss depends on."""
    return {name: getattr(self.options, name) for name in _SETTINGS}

  def train_files(self) -> list[str]:
    """The files of the train table."""
    return table_files.parts(reader.find(self.options, "train"))

  def with_labels(self, before: run_metadata.RunMetadata | None) -> Self:
    """As it is: there are no labels."""
    del before
    return self

  def model(
    self, config: bert_config.BertConfig, **kwargs: Any
  ) -> sentence_encoder.BertSentenceEncoder:
    """A new model."""
    return sentence_encoder.BertSentenceEncoder(
      config, self.options.pooling, **kwargs
    )

  def read(
    self,
    config: bert_config.BertConfig,
    tokenizer: full_tokenizer.FullTokenizer,
    evaluates: bool,
  ) -> data.SentencePairData:
    """Reads the files that are used."""
    wanted = (
      ("train", self.options.do_train),
      ("dev", evaluates),
      ("test", self.options.do_predict),
    )
    sets = {
      kind: reader.read(self.options, kind) for kind, used in wanted if used
    }
    for file in sets.values():
      vocabulary_fit.warn_of_unknown(tokenizer, iter(file.texts), file.path)
    return data.SentencePairData(self.options, config, tokenizer, sets)


def run(
  config: bert_config.BertConfig,
  options: settings.SentencePairSettings,
  tuning: fine_tuning_settings.FineTuningSettings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> task_runner.Scores:
  """Trains, evaluates and predicts, as told.

  Arguments, errors and result as of `task_runner.run`.
  """
  task = SentencePairTask(options)
  return task_runner.run(task, config, tuning, loop_settings, devices)

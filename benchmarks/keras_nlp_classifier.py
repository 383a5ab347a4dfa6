"""Fine-tuning of keras-nlp's `BertTextClassifier` as run_classifier does it.

The same features, batches in the same order, sizes, rates and scores; its own
model, its own optimizer (AdamW of Keras).
"""

import dataclasses
import functools
import os
from typing import Any

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import formats
from bert_tf.inputs import input_pipeline, length_batches, record_files
from bert_tf.models import bert_model
from bert_tf.tasks.classification import (
  examples,
  metrics,
  reader,
  task_definition,
)
from bert_tf.text import full_tokenizer
from bert_tf.training import learning_rate_schedule, trials

POOLED_TOLERANCE = 1e-4
# Our names of the inputs, and theirs.
_INPUTS = {
  "input_ids": "token_ids",
  "input_mask": "padding_mask",
  "segment_ids": "segment_ids",
}
_BETA_1, _BETA_2 = 0.9, 0.999
_NOT_DECAYED = ["bias", "gamma", "beta"]


@dataclasses.dataclass(frozen=True)
class Settings:
  """What is done; names and meanings as of run_classifier's flags.

  Attributes:
    bias_correction: Whether AdamW is as Keras has it; without, the rates undo
      its correction, so that it is the original's optimizer.
    preset_dir: A preset of these weights; written if there is none.
    check_weights: Whether keras-nlp's pooled vectors are compared with ours.
  """

  data_dir: str
  vocab_file: str
  init_checkpoint: str
  output_dir: str
  do_lower_case: bool = True
  max_seq_length: int = 128
  train_batch_size: int = 32
  eval_batch_size: int = 8
  learning_rate: float = 5e-5
  num_train_epochs: float = 3.0
  warmup_proportion: float = 0.1
  seed: int = 12345
  num_trials: int = 1
  bias_correction: bool = True
  preset_dir: str | None = None
  check_weights: bool = True


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
  """Our schedule as one of Keras 3."""

  def __init__(self, steps: int, settings: Settings):
    warmup = int(steps * settings.warmup_proportion)
    rate = settings.learning_rate
    self._schedule = learning_rate_schedule.WarmupLinearDecay(
      rate, steps, warmup
    )
    self._corrects = settings.bias_correction

  def __call__(self, step: Any) -> Any:
    """The rate at a step, float32."""
    rate = self._schedule(step)
    if self._corrects:
      return rate
    count = tf.cast(step, tf.float32) + 1.0
    return rate * (1.0 - _BETA_1**count) / tf.sqrt(1.0 - _BETA_2**count)


def run(
  config: bert_config.BertConfig,
  task: task_definition.TaskDefinition,
  settings: Settings,
) -> metrics.Results:
  """Trains and evaluates.

  Returns:
    The scores; of several trials their means, also in `trials.tsv`.

  Raises:
    ValueError: keras-nlp's pooled vectors are not ours.
  """
  tokenizer = full_tokenizer.FullTokenizer(
    settings.vocab_file, settings.do_lower_case
  )
  length = settings.max_seq_length
  sets = {
    name: reader.read(task, split, settings.data_dir).examples
    for name, split in (("train", task.train), ("dev", task.dev))
  }
  preset = settings.preset_dir or write_preset(config, settings)
  path = os.path.join(settings.output_dir, "train.tf_record")
  examples.write(path, task, sets["train"], tokenizer, length)
  dev = examples.make(task, sets["dev"], tokenizer, length)
  if settings.check_weights:
    check_pooled(config, settings.init_checkpoint, preset, dev)

  def one_trial(folder: str, seed: int) -> metrics.Results:
    del folder
    model = _new_model(preset, task, seed)
    _train(model, config, task, settings, path, len(sets["train"]), seed)
    scores = _evaluate(model, task, settings, dev)
    logging.info("seed %d: %s", seed, scores)
    return scores

  if settings.num_trials == 1:
    return one_trial(settings.output_dir, settings.seed)
  return trials.run(
    one_trial, settings.output_dir, settings.seed, settings.num_trials
  )


def write_preset(config: bert_config.BertConfig, settings: Settings) -> str:
  """Writes the checkpoint as a preset of keras-nlp; returns its folder.

  Raises:
    FileExistsError: It is there already.
    ValueError: keras-nlp has no model like this one.
  """
  dropouts = config.hidden_dropout_prob, config.attention_probs_dropout_prob
  if dropouts[0] != dropouts[1]:
    raise ValueError(
      "keras-nlp knows one dropout for all; bert_config.json has "
      "hidden_dropout_prob={} and attention_probs_dropout_prob={}".format(
        *dropouts
      )
    )
  folder = os.path.join(settings.output_dir, "preset")
  model = formats.read(settings.init_checkpoint)
  encoder_only = {
    name: value
    for name, value in model.tensors.items()
    if name.startswith("bert/")
  }
  model = dataclasses.replace(model, config=config, tensors=encoder_only)
  formats.write(model, "keras_nlp", folder)
  return folder


def check_pooled(
  config: bert_config.BertConfig,
  checkpoint: str,
  preset: str,
  arrays: examples.Arrays,
  count: int = 64,
) -> float:
  """Compares the pooled vectors of the first examples.

  Returns:
    The largest difference.

  Raises:
    ValueError: It is too large for the weights to be the same.
  """
  ours = bert_model.BertModel.from_checkpoint(checkpoint, config=config)
  inputs = {name: tf.constant(arrays[name][:count]) for name in _INPUTS}
  want = ours(inputs).pooled_output
  theirs = keras_nlp.models.BertBackbone.from_preset(preset)
  got = theirs(_renamed(inputs))["pooled_output"]
  difference = float(np.abs(np.asarray(got) - np.asarray(want)).max())
  if not difference <= POOLED_TOLERANCE:
    raise ValueError(
      f"keras-nlp's pooled vectors differ from ours by {difference:.2g}, more "
      f"than {POOLED_TOLERANCE}: these are not the same weights"
    )
  logging.info("pooled vectors differ by at most %.2g", difference)
  return difference


def _new_model(
  preset: str, task: task_definition.TaskDefinition, seed: int
) -> Any:
  keras.utils.set_random_seed(seed)
  return keras_nlp.models.BertTextClassifier(
    keras_nlp.models.BertBackbone.from_preset(preset), task.outputs
  )


def _train(
  model: Any,
  config: bert_config.BertConfig,
  task: task_definition.TaskDefinition,
  settings: Settings,
  record_file: str,
  num_examples: int,
  seed: int,
) -> None:
  batch_size = settings.train_batch_size
  steps = int(num_examples / batch_size * settings.num_train_epochs)
  optimizer = keras.optimizers.AdamW(
    Schedule(steps, settings),
    beta_1=_BETA_1,
    beta_2=_BETA_2,
    weight_decay=0.01,
    epsilon=1e-6,
    global_clipnorm=1.0,
  )
  optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
  model.compile(
    optimizer,
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
    jit_compile=False,  # run_classifier's default
  )
  found = record_files.find(record_file)
  with record_files.reading(found):
    batches = input_pipeline.replica_batches(
      found,
      examples.schema(task, settings.max_seq_length),
      examples.limits(task, config),
      input_pipeline.BatchSettings(batch_size, seed),
    )
    batches = batches.map(lambda x: (_trimmed(x), x[examples.LABELS]))
    model.fit(batches, steps_per_epoch=steps, verbose=2)


def _evaluate(
  model: Any,
  task: task_definition.TaskDefinition,
  settings: Settings,
  dev: examples.Arrays,
) -> metrics.Results:
  apply = tf.function(functools.partial(model, training=False))

  def logits(batch: dict[str, Any]) -> dict[str, Any]:
    return {"logits": apply(_renamed(batch))}

  inputs = {name: dev[name] for name in _INPUTS}
  size = settings.eval_batch_size
  found = length_batches.map_by_length(logits, inputs, size)["logits"]
  return metrics.score(task, found, dev[examples.LABELS], size)


def _trimmed(batch: dict[str, Any]) -> dict[str, Any]:
  """Without positions that are padding in all rows: they change nothing."""
  longest = tf.reduce_max(tf.reduce_sum(batch["input_mask"], axis=1))
  return {name: x[:, :longest] for name, x in _renamed(batch).items()}


def _renamed(batch: dict[str, Any]) -> dict[str, Any]:
  return {theirs: batch[ours] for ours, theirs in _INPUTS.items()}

"""Training steps at the lengths that a task's sentences have.

Padded and packed steps take turns on the same batches. Without dropout their
losses are first seen to be equal.
"""

import functools
import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from bert_tf import bert_config

_PADDED, _PACKED = "padded", "packed"
_BATCH = 32
_SAME = 1e-5  # of the loss, relatively
_SEED = 1


def run(
  data: str,
  vocab_file: str,
  lower: bool,
  config: bert_config.BertConfig,
  rounds: int,
  max_seq_length: int = 128,
) -> list[dict[str, Any]]:
  """Times a step of 32 examples, once a round, after one to compile.

  Args:
    data: TASK:FOLDER, as run_classifier takes them.
    vocab_file: The vocabulary.
    lower: Whether text is lower-cased.
    config: Of the model, whose weights are new.
    rounds: Number of batches, each by both ways.
    max_seq_length: That padded steps compute.

  Raises:
    RuntimeError: The losses differ.
  """
  batches = list(_batches(data, vocab_file, lower, max_seq_length, rounds))
  _check(config, batches[0])
  steps = {_PADDED: _step(config, False), _PACKED: _step(config, True)}
  taken: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
  for batch in batches:
    for name, step in steps.items():
      step(batch)  # another number of rows may be compiled
      before = time.perf_counter(), time.process_time()
      step(batch)["loss"].numpy()
      now = time.perf_counter(), time.process_time()
      taken[name].append((now[0] - before[0], now[1] - before[1]))
  real = sum(float(np.sum(batch["input_mask"])) for batch in batches)
  share = real / (len(batches) * _BATCH * max_seq_length)
  return [_row(data, share, name, taken) for name in steps]


def _row(
  data: str,
  share: float,
  name: str,
  taken: dict[str, list[tuple[float, float]]],
) -> dict[str, Any]:
  seconds, cpu = zip(*taken[name], strict=True)
  padded, padded_cpu = zip(*taken[_PADDED], strict=True)
  return {
    "contender": f"{data.partition(':')[0]}, {name}",
    "real tokens": share,
    "examples/s": _BATCH / statistics.median(seconds),
    "seconds": statistics.median(seconds),
    "cpu seconds": statistics.median(cpu),
    "times as fast": _ratio(padded, seconds),
    "times as fast by CPU time": _ratio(padded_cpu, cpu),
  }


def _ratio(padded: tuple[float, ...], own: tuple[float, ...]) -> float:
  return statistics.median(x / y for x, y in zip(padded, own, strict=True))


def print_table(rows: list[dict[str, Any]]) -> None:
  """Prints what `run` returns."""
  for row in rows:
    print(
      f"{row['contender']:20}{row['real tokens']:6.1%} real"
      f"{row['examples/s']:8.1f} examples/s{row['seconds']:8.3f} s"
      f"{row['times as fast']:7.2f}x, of CPU time "
      f"{row['times as fast by CPU time']:.2f}x"
    )


def _batches(
  data: str, vocab_file: str, lower: bool, length: int, count: int
) -> Iterator[dict[str, Any]]:
  """Shuffled batches of a task's training data."""
  import tensorflow as tf

  from bert_tf.tasks.classification import examples, known_tasks, reader
  from bert_tf.text import full_tokenizer

  name, _, folder = data.partition(":")
  task = known_tasks.find(name)
  read = reader.read(task, task.train, folder).examples
  order = np.random.default_rng(_SEED).permutation(len(read))
  chosen = [read[i] for i in order[: count * _BATCH]]
  tokenizer = full_tokenizer.FullTokenizer(vocab_file, lower)
  features = examples.make(task, chosen, tokenizer, length)
  for start in range(0, len(chosen) - _BATCH + 1, _BATCH):
    yield {
      name: tf.constant(x[start : start + _BATCH])
      for name, x in features.items()
    }


def _model(config: bert_config.BertConfig) -> tuple[Any, Any]:
  from bert_tf import keras
  from bert_tf.models import classifier
  from bert_tf.tasks.classification import loss, task_definition

  keras.utils.set_random_seed(_SEED)
  model = classifier.BertClassifier(config, 2)
  return model, loss.ClassificationObjective(task_definition.SINGLE_LABEL)


def _check(config: bert_config.BertConfig, batch: dict[str, Any]) -> None:
  """Checks that padded and packed losses are equal without dropout."""
  import tensorflow as tf

  from bert_tf.kernels import modes
  from bert_tf.training import objectives

  model, objective = _model(config.without_dropout())

  @tf.function
  def loss(packed: bool) -> Any:
    mode = modes.Mode(modes.PLAIN, tf.constant([1, 2]), packed)
    sums = objective.sums(
      functools.partial(model, mode=mode), batch, training=True
    )
    return objectives.combine(objective, sums, objective.weights(batch))

  padded, packed = float(loss(False)), float(loss(True))
  if abs(padded - packed) > _SAME * padded:
    raise RuntimeError(f"losses differ: padded {padded}, packed {packed}")


def _step(config: bert_config.BertConfig, packed: bool) -> Any:
  import tensorflow as tf

  from bert_tf.training import optimizers, step_compilation, step_functions

  model, objective = _model(config)
  settings = optimizers.OptimizerSettings("adamw", 1e-5, 10_000, 0)
  optimizer = optimizers.Optimizer(
    settings, model.trainable_variables, False, True
  )
  return tf.function(
    step_functions.TrainStep(
      model,
      objective,
      optimizer,
      _SEED,
      compilation=step_compilation.GROUPS,
      packed=packed,
    )
  )

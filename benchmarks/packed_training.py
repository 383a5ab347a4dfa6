"""Training steps at the lengths that a task's sentences have.

Padded and packed steps take turns on the same batches. Before, both train
without dropout from the same weights, and are seen to compute the same.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from bert_tf import bert_config

_PADDED, _PACKED = "padded", "packed"
_BATCH = 32
_RATE = 2e-5
_SAME = (
  1e-5  # loss and norm of each step, relatively, and the weights after all
)
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
    RuntimeError: Both compute different things.
  """
  batches = list(_batches(data, vocab_file, lower, max_seq_length, rounds))
  differences = _differences(config.without_dropout(), batches)
  if not all(value <= _SAME for value in differences.values()):
    raise RuntimeError(f"padded and packed steps differ by {differences}")
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
  return [_row(data, share, name, taken) | differences for name in steps]


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
  for name, value in rows[-1].items():
    if "differ" in name:
      print(f"  without dropout, {name} {value:.1e}")


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


def _differences(
  config: bert_config.BertConfig, batches: list[dict[str, Any]]
) -> dict[str, float]:
  """How far packed training is from padded: a step on each batch."""
  found = []
  for packed in (False, True):
    model, step = _trainer(config, packed)
    sums = [step(batch) for batch in batches]
    found.append(
      {
        name: np.array([float(x[name]) for x in sums])
        for name in ("loss", "gradient_norm")
      }
      | {"weights": [x.numpy() for x in model.trainable_variables]}
    )
  want, own = found
  return {
    f"{name} differs by": float(np.max(np.abs(own[name] / want[name] - 1)))
    for name in ("loss", "gradient_norm")
  } | {
    "weights differ by": max(
      float(np.max(np.abs(x - y)))
      for x, y in zip(want["weights"], own["weights"], strict=True)
    )
  }


def _step(config: bert_config.BertConfig, packed: bool) -> Any:
  return _trainer(config, packed)[1]


def _trainer(config: bert_config.BertConfig, packed: bool) -> tuple[Any, Any]:
  """A new model and a function that takes a step on a batch."""
  import tensorflow as tf

  from bert_tf.training import optimizers, step_compilation, step_functions

  model, objective = _model(config)
  settings = optimizers.OptimizerSettings("adamw", _RATE, 10_000, 0)
  optimizer = optimizers.Optimizer(
    settings, model.trainable_variables, False, True
  )
  step = step_functions.TrainStep(
    model,
    objective,
    optimizer,
    _SEED,
    compilation=step_compilation.GROUPS,
    packed=packed,
  )
  return model, tf.function(step)

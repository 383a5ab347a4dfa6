"""A forward pass of the encoder against others, ragged batches, and loading.

Contenders take turns in each round, so that a busy machine slows all alike;
ratios are medians of those in one round.
"""

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from absl import logging

from benchmarks import encoders, floor, ragged, workers

Row = dict[str, Any]
# What each is put against in the table.
_AGAINST = (
  encoders.FLOAT32,
  encoders.BFLOAT16,
  "products float32",
  "products bfloat16",
)
_NOTHING = np.zeros([0])
_EXACT = 1e-4  # the most relative error of a float32 contender


def parse_shape(text: str) -> tuple[int, int]:
  """Reads "8x128".

  Raises:
    ValueError: It is something else.
  """
  rows, cross, length = text.partition("x")
  if not (cross and rows.isdigit() and length.isdigit()):
    raise ValueError(f"shape {text!r}: expected rows and length, like 8x128")
  return int(rows), int(length)


def _batch(config: Any, rows: int, length: int) -> workers.Batch:
  """Random pairs without padding."""
  rng = np.random.default_rng(rows * length)
  ids = rng.integers(5, config.vocab_size, [rows, length])
  segments = np.broadcast_to(np.arange(length) >= length // 2, ids.shape)
  arrays = {
    "input_ids": ids,
    "input_mask": np.ones_like(ids),
    "segment_ids": segments,
  }
  return {name: np.array(x, np.int32) for name, x in arrays.items()}


@contextlib.contextmanager
def _started(
  contenders: Mapping[str, workers.Contender], folder: str
) -> Iterator[dict[str, workers.Worker]]:
  """Starts those that can be had here, one after the other."""
  with contextlib.ExitStack() as stack:
    found = {}
    for name, contender in contenders.items():
      try:
        worker = workers.Worker(contender, folder)
      except (ImportError, RuntimeError) as error:
        logging.warning("left out: %s (%s)", name, error)
        continue
      found[name] = stack.enter_context(worker)
    yield found


@contextlib.contextmanager
def _models(config: Any) -> Iterator[str]:
  with tempfile.TemporaryDirectory() as folder:
    encoders.write(config, folder)
    yield folder


def _floors(config: Any) -> dict[str, workers.Contender]:
  return {
    f"products {dtype}": workers.Contender(
      "bert_tf", floor.products, (config, dtype)
    )
    for dtype in ("float32", "bfloat16")
  }


def run(
  config: Any,
  shapes: Sequence[tuple[int, int]],
  rounds: int,
  names: Sequence[str] = (),
) -> list[Row]:
  """Times forward passes.

  Args:
    config: Of the model, whose weights are random.
    shapes: Rows and length of each batch.
    rounds: How often everything is timed.
    names: Of `encoders.CONTENDERS`; all if empty.
  """
  chosen = {n: encoders.CONTENDERS[n] for n in names or encoders.CONTENDERS}
  chosen |= _floors(config)
  rows: list[Row] = []
  with _models(config) as folder, _started(chosen, folder) as running:
    for shape in shapes:
      batch = _batch(config, *shape)
      errors = _compare(running, batch)
      answers = _in_turns(running, batch, rounds, settles=True)
      title = f"B{shape[0]} S{shape[1]}"
      for row in _rows(title, answers, errors, lambda _: _AGAINST):
        operations = floor.flops(config, *shape)
        row["gflops"] = operations / row["seconds"] / 1e9
        rows.append(row)
  return rows


def run_ragged(config: Any, rounds: int, examples: int = 256) -> list[Row]:
  """Times prediction where lengths vary."""
  features = ragged.features(config, examples)
  contenders = {
    f"{dtype}, {mode}": workers.Contender(
      "bert_tf", ragged.predict, (dtype, mode)
    )
    for dtype in ("float32", "bfloat16")
    for mode in ragged.MODES
  }
  with _models(config) as folder, _started(contenders, folder) as running:
    errors = _compare(running, features)
    answers = _in_turns(running, features, rounds)
    mean = float(features["input_mask"].sum(1).mean())
    return _rows(
      f"{examples} examples of {mean:.1f} tokens",
      answers,
      errors,
      lambda name: [f"{name.split(',')[0]}, {next(iter(ragged.MODES))}"],
    )


def run_loading(config: Any, rounds: int) -> list[Row]:
  """Times processes from their start to their first answer."""
  names = (encoders.FLOAT32, encoders.GRAPH, "PyTorch")
  batch = _batch(config, 1, 16)
  taken: dict[str, dict[str, list[float]]] = {}
  with _models(config) as folder:
    for _ in range(rounds):
      for name in names:
        with _started({name: encoders.CONTENDERS[name]}, folder) as running:
          if name not in running:
            continue
          start, answer = running[name].start, running[name].run(batch)
          measured = {
            "imports": start.imports,
            "load": start.load,
            "first answer": start.ready + answer.seconds,
            "megabytes": answer.megabytes,
          }
        for what, value in measured.items():
          taken.setdefault(name, {}).setdefault(what, []).append(value)
  return [
    {"contender": name}
    | {what: statistics.median(values) for what, values in found.items()}
    for name, found in taken.items()
  ]


def _compare(
  running: Mapping[str, workers.Worker], batch: workers.Batch
) -> dict[str, float]:
  """The relative error of each to the first one; warms up as well.

  Raises:
    RuntimeError: One in float32 computes something else.
  """
  want = None
  errors = {}
  for name, worker in running.items():
    got = worker.run(batch).result
    if name.startswith("products"):
      continue
    want = got if want is None else want
    errors[name] = float(np.linalg.norm(got - want) / np.linalg.norm(want))
    rough = "bf" in name
    if not errors[name] < (0.1 if rough else _EXACT):
      raise RuntimeError(
        f"{name}: its output differs by {errors[name]:.1e} of the size of "
        f"{next(iter(running))}'s: they do not compute the same"
      )
  return errors


def _in_turns(
  running: Mapping[str, workers.Worker],
  batch: workers.Batch,
  rounds: int,
  settles: bool = False,
) -> dict[str, list[workers.Answer]]:
  """What each computes, by name, an answer a round.

  Args:
    running: The contenders.
    batch: What they are given.
    rounds: How often each has its turn.
    settles: Whether a turn begins with a batch that does not count: for one
      that is so short that the caches are still another contender's.
  """
  answers: dict[str, list[workers.Answer]] = {name: [] for name in running}
  for _ in range(rounds):
    for name, worker in running.items():
      if settles:
        worker.run(batch)
      answer = worker.run(batch)
      answers[name].append(answer._replace(result=_NOTHING))
  return answers


def _rows(
  title: str,
  answers: Mapping[str, list[workers.Answer]],
  errors: Mapping[str, float],
  against: Callable[[str], Sequence[str]],
) -> list[Row]:
  """A row a contender, with its time over that of those it is put against."""
  seconds = {name: [x.seconds for x in own] for name, own in answers.items()}
  rows = []
  for name, own in seconds.items():
    over = {
      other: statistics.median(
        mine / theirs for mine, theirs in zip(own, seconds[other], strict=True)
      )
      for other in against(name)
      if other in seconds and other != name
    }
    rows.append(
      {
        "work": title,
        "contender": name,
        "seconds": statistics.median(own),
        "least": min(own),
        "most": max(own),
        "cpu_seconds": statistics.median(x.cpu_seconds for x in answers[name]),
        "time over that of": over,
        "error": errors.get(name),
        "megabytes": answers[name][-1].megabytes,
      }
    )
  return rows


def print_table(rows: Sequence[Row]) -> None:
  """Prints a row a contender, and below `loading` a line each.

  "2.00 / NAME" is twice the time of NAME, the median of rounds.
  """
  for index, row in enumerate(rows):
    if "seconds" not in row:
      print("  ".join(f"{k} {_short(v)}" for k, v in row.items()))
      continue
    if not index or rows[index - 1]["work"] != row["work"]:
      print(f"\n{row['work']}")
    columns = [
      f"{1000 * row['seconds']:8.1f} ms ({1000 * row['least']:.1f} to "
      f"{1000 * row['most']:.1f}; cpu {1000 * row['cpu_seconds']:.0f})"
    ]
    for name, over in row["time over that of"].items():
      columns.append(f"{over:6.2f} / {name}")
    if row.get("gflops"):
      columns.append(f"{row['gflops']:6.0f} GFLOP/s")
    if row.get("error") is not None:
      columns.append(f"error {row['error']:.0e}")
    if row.get("megabytes"):
      columns.append(f"{row['megabytes']:.0f} MB")
    print(f"{row['contender']:26}" + "  ".join(columns))


def _short(value: Any) -> str:
  return f"{value:.2f}" if isinstance(value, float) else str(value)

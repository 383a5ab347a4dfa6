"""K-fold cross-validation: each example is predicted by a model without it."""

import csv
import dataclasses
import io
import os
import random
import statistics
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf.checkpoints import run_metadata
from bert_tf.system import files, output_files
from bert_tf.tasks.classification import reader
from bert_tf.training import trials

FILE = "out_of_fold.tsv"
HELD_OUT_FILE = "held_out.tsv"
SCORES_FILE = "folds.tsv"
_COLUMNS = ("line", "fold", "label")

Scores = Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Fold:
  """One of several parts of the training data, which is held out.

  Attributes:
    number: From 1.
    count: Parts.
    seed: Of the assignment to parts.
  """

  number: int
  count: int
  seed: int

  def split(
    self, file: reader.ExampleFile
  ) -> tuple[reader.ExampleFile, reader.ExampleFile]:
    """The examples to train on, and those that are held out, in their order.

    Raises:
      ValueError: There are fewer examples than parts.
    """
    parts = assign([x.label for x in file.examples], self.count, self.seed)
    if len(set(parts)) < self.count:
      raise ValueError(
        f"{file.path}: {len(parts)} examples, fewer than num_folds={self.count}"
      )
    where = f"{file.path} (fold {self.number} of {self.count}"
    kept, held_out = (
      [
        x
        for x, part in zip(file.examples, parts, strict=True)
        if (part == self.number) == is_held_out
      ]
      for is_held_out in (False, True)
    )
    return (
      reader.ExampleFile(f"{where}, to train)", kept),
      reader.ExampleFile(f"{where}, held out)", held_out),
    )


def folder(output_dir: str, number: int) -> str:
  """Where a fold's files go; the first has the number 1."""
  return os.path.join(output_dir, f"fold_{number}")


def assign(labels: Sequence[str | None], count: int, seed: int) -> list[int]:
  """The part of each example, from 1; every label is spread over all parts.

  Args:
    labels: Their labels.
    count: Parts.
    seed: Of the order in which those of a label are dealt out.
  """
  generator = random.Random(seed)
  by_label: dict[str | None, list[int]] = {}
  for index, label in enumerate(labels):
    by_label.setdefault(label, []).append(index)
  order = []
  for _, indices in sorted(by_label.items(), key=lambda x: str(x[0])):
    generator.shuffle(indices)
    order += indices
  parts = [0] * len(labels)
  for place, index in enumerate(order):
    parts[index] = place % count + 1
  return parts


def run(
  one_fold: Callable[[Fold, str], Scores],
  output_dir: str,
  count: int,
  seed: int,
) -> dict[str, float]:
  """Trains and evaluates a model for each fold, in `output_dir/fold_N`.

  Writes `folds.tsv`, the scores, and `out_of_fold.tsv`, a line an example.

  Args:
    one_fold: Given a fold and its folder; trains without it, evaluates on it,
      writes its predictions by `write_held_out` and returns the scores.
    output_dir: The output folder.
    count: Folds, from 2 up.
    seed: Of the assignment.

  Returns:
    The mean of each score.

  Raises:
    ValueError: The folder is in use by a run without folds.
  """
  if run_metadata.read(output_dir):
    raise ValueError(
      f"output_dir {output_dir} is in use by a run without folds; take another"
    )
  found = []
  for number in range(1, count + 1):
    logging.info("fold %d of %d", number, count)
    fold = Fold(number, count, seed)
    found.append(one_fold(fold, folder(output_dir, number)))
  table = trials.summary(found, "fold")
  path = os.path.join(output_dir, SCORES_FILE)
  output_files.write_atomically(path, table.encode())
  _join(output_dir, count)
  means = {}
  for name in sorted(found[0]):
    values = [scores[name] for scores in found]
    means[name] = statistics.fmean(values)
    logging.info(
      "%s = %.4g ± %.2g", name, means[name], statistics.stdev(values)
    )
  logging.info("scores of %d folds in %s", count, path)
  return means


def write_held_out(
  path: str,
  fold: Fold,
  examples: Sequence[reader.Example],
  names: Sequence[str],
  answers: npt.NDArray[np.float32],
) -> None:
  """Writes what is predicted of a held-out part.

  Args:
    path: The folder.
    fold: The fold.
    examples: Its examples.
    names: Names of the outputs, C.
    answers: Probabilities or numbers, [N, C].
  """
  rows = [[*_COLUMNS, *names]]
  for example, answer in zip(examples, answers, strict=True):
    rows.append(
      [str(example.line), str(fold.number), str(example.label)]
      + [str(value) for value in answer]
    )
  _write(os.path.join(path, HELD_OUT_FILE), rows)


def _write(path: str, rows: Sequence[Sequence[str]]) -> None:
  text = io.StringIO()
  csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
  output_files.write_atomically(path, text.getvalue().encode())


def _join(output_dir: str, count: int) -> None:
  """Puts the predictions of all folds together, in the order of lines."""
  rows: list[list[str]] = []
  header: list[str] = []
  for number in range(1, count + 1):
    path = os.path.join(folder(output_dir, number), HELD_OUT_FILE)
    with files.open_file(path) as file:
      text = file.read().decode()
    header, *found = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    rows += found
  rows.sort(key=lambda row: int(row[0]))
  path = os.path.join(output_dir, FILE)
  _write(path, [header, *rows])
  logging.info("%d out-of-fold predictions written to %s", len(rows), path)

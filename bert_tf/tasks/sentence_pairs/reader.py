"""Reading tables of pairs of texts, with their scores."""

from collections.abc import Sequence
from typing import NamedTuple

from bert_tf.tables import (
  delimited_rows,
  strict_number,
  table_columns,
  table_files,
  table_form,
  table_reader,
)
from bert_tf.tasks.sentence_pairs import settings

_STEMS = {
  "train": ("train",),
  "dev": ("dev", "validation", "valid"),
  "test": ("test",),
}


class Pair(NamedTuple):
  """Two texts.

  Attributes:
    first: The first text.
    second: The second one.
    score: How alike they are, from 0 to 1; None where it is not known.
  """

  first: str
  second: str
  score: float | None


class PairFile(NamedTuple):
  """What a table holds.

  Attributes:
    path: The file.
    pairs: In its order.
  """

  path: str
  pairs: Sequence[Pair]

  @property
  def has_scores(self) -> bool:
    """Whether scores are known."""
    return self.pairs[0].score is not None

  @property
  def texts(self) -> list[str]:
    """The texts, both of each pair one after the other."""
    return [text for pair in self.pairs for text in (pair.first, pair.second)]


def find(options: settings.SentencePairSettings, kind: str) -> str:
  """The table of "train", "dev" or "test"; raises as `table_files.find`."""
  return table_files.find(options.data_dir, _STEMS[kind])


def read(options: settings.SentencePairSettings, kind: str) -> PairFile:
  """Reads the table of "train", "dev" or "test".

  Scores are read where they are needed, or are there to be evaluated by.

  Raises:
    OSError: There is no such table.
    ValueError: A column is missing, a row is not as it should be, or there is
      none; the message names the file and the line.
  """
  path = find(options, kind)
  form = table_form.TableForm(options.encoding, options.quoting)
  names = table_columns.of(path, form)
  columns = [options.text_column, options.text_pair_column]
  is_learned = kind == "train" and options.objective == settings.SCORES
  is_there = kind == "dev" and options.label_column in names
  if is_learned or is_there:
    columns.append(options.label_column)
  for column in columns:
    if column not in names:
      raise ValueError(
        f"{path}: no column named {column!r} "
        f"(found: {delimited_rows.listed(names)}); choose others with "
        "--text_column, --text_pair_column, --label_column"
      )
  pairs = []
  for row in table_reader.rows(path, columns, form):
    place = table_reader.place(path, row.number)
    if row.problem:
      raise ValueError(f"{place}: {row.problem}")
    first, second, *scores = row.cells
    score = _score(place, scores[0], options.max_score) if scores else None
    pairs.append(Pair(first, second, score))
  if not pairs:
    raise ValueError(f"{path}: found no pair in it")
  return PairFile(path, pairs)


def _score(place: str, cell: str, most: float) -> float:
  try:
    score = strict_number.parse(cell)
  except ValueError as error:
    raise ValueError(f"{place}: {error}") from None
  if not 0 <= score <= most:
    raise ValueError(
      f"{place}: the score is {cell}, expected one from 0 to {most:g}; another "
      "highest score is given by --max_score"
    )
  return score / most

"""What a classification task is: its files, columns and labels."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping

from bert_tf.tables import label_report, strict_number, table_form

Column = table_form.Column  # by number, or by its name in the header

SINGLE_LABEL = "single_label"
MULTI_LABEL = "multi_label"
REGRESSION = "regression"
KINDS = (SINGLE_LABEL, MULTI_LABEL, REGRESSION)


def check_kind(kind: str) -> None:
  """Checks that there is such a kind.

  Raises:
    ValueError: There is none.
  """
  if kind not in KINDS:
    raise ValueError(
      f"task_type={kind!r} is not known; it is one of {', '.join(KINDS)}"
    )


@dataclasses.dataclass(frozen=True)
class Split:
  """One of a task's files.

  Attributes:
    files: Names below the data folder, the first that exists is read.
    text: Column of the text.
    pair: Column of the second text.
    label: Column of the label; None where there is none to be read.
    has_header: Whether the first line names the columns.
    only: A column and the value it has in lines to be read.
    any_form: Whether `files` are names without endings, of tables of any
      form (`table_files.find`).
  """

  files: tuple[str, ...]
  text: Column
  pair: Column | None = None
  label: Column | None = None
  has_header: bool = True
  only: tuple[int, str] | None = None
  any_form: bool = False

  @property
  def columns(self) -> list[Column]:
    """The columns to be read: text, then pair, label and `only`, if any."""
    only = None if self.only is None else self.only[0]
    wanted = (self.text, self.pair, self.label, only)
    return [column for column in wanted if column is not None]


@dataclasses.dataclass(frozen=True)
class TaskDefinition:
  """A task.

  Attributes:
    name: As in `--task_name`.
    labels: In the order of the model's outputs; none for regression, and
      none as long as they are to be found in the training file.
    train: The file to train on.
    dev: The file to evaluate on.
    test: The file to predict.
    kind: One of `KINDS`.
    aliases: Other spellings of labels.
    separator: Between the labels of a text, for `MULTI_LABEL`.
  """

  name: str
  labels: tuple[str, ...]
  train: Split
  dev: Split
  test: Split
  kind: str = SINGLE_LABEL
  aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)
  separator: str = ","

  def __post_init__(self) -> None:
    check_kind(self.kind)
    twice = {name for name in self.labels if self.labels.count(name) > 1}
    if twice:
      raise ValueError(f"labels name {', '.join(sorted(twice))} twice")
    if self.kind == REGRESSION and self.labels:
      raise ValueError("labels are given, but a regression has none")

  @property
  def outputs(self) -> int:
    """Outputs of the model."""
    return 1 if self.kind == REGRESSION else len(self.labels)

  @property
  def output_names(self) -> tuple[str, ...]:
    """Names of the outputs."""
    return ("score",) if self.kind == REGRESSION else self.labels

  @property
  def lacks_labels(self) -> bool:
    """Whether the labels are still to be found."""
    return self.kind != REGRESSION and not self.labels

  @functools.cached_property
  def _index(self) -> dict[str, int]:
    return {name: index for index, name in enumerate(self.labels)}

  def names_in(self, cell: str) -> list[str]:
    """The label names in a cell of the label column."""
    if self.kind == MULTI_LABEL:
      names = [name.strip() for name in cell.split(self.separator)]
      return [self.aliases.get(name, name) for name in names if name]
    name = cell if cell in self._index else cell.strip()
    return [self.aliases.get(name, name)]

  def target(self, cell: str) -> list[float]:
    """What the model should give for a cell of the label column.

    Returns:
      The index of the label; a 0 or 1 for each label; or a number.

    Raises:
      ValueError: There is no such label, or it is not a number.
    """
    if self.kind == REGRESSION:
      return [strict_number.parse(cell)]
    indices = [self._label_index(name) for name in self.names_in(cell)]
    if self.kind == SINGLE_LABEL:
      return [float(indices[0])]
    return [float(index in indices) for index in range(len(self.labels))]

  def no_target(self) -> list[float]:
    """What stands in records without labels. Source: run_classifier.py."""
    return [0.0] * (len(self.labels) if self.kind == MULTI_LABEL else 1)

  def _label_index(self, name: str) -> int:
    if name not in self._index:
      raise ValueError(
        f"the label {name!r} is none of {', '.join(map(repr, self.labels))}"
      )
    return self._index[name]

  def variants_in(self, cells: Iterable[str]) -> list[list[str]]:
    """Label cells that differ by white space or case alone, sorted."""
    return label_report.variants(
      name
      for cell in cells
      for name in (self.names_in(cell) if self.kind == MULTI_LABEL else [cell])
    )

  def with_labels_of(self, cells: Iterable[str]) -> "TaskDefinition":
    """The task with the labels that are found in cells, sorted."""
    found = {name for cell in cells for name in self.names_in(cell)}
    return dataclasses.replace(self, labels=tuple(sorted(found)))

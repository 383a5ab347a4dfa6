"""The tasks that are known by name: files, columns, labels.

CoLA, MNLI, MRPC and XNLI are as in run_classifier.py; the others are laid out
as the GLUE benchmark distributes them.
"""

from typing import TypeAlias

from bert_tf.tasks.classification import task_definition

Split: TypeAlias = task_definition.Split
Task: TypeAlias = task_definition.TaskDefinition

TSV = "tsv"
_DEV = ("dev", "validation", "valid")
_BINARY = ("0", "1")
_ENTAILMENT = ("entailment", "not_entailment")
_NLI = ("contradiction", "entailment", "neutral")
_XNLI_LANGUAGE = "zh"


def _glue(
  name: str,
  labels: tuple[str, ...],
  columns: tuple[int, int | None],
  label: int,
  test_columns: tuple[int, int | None],
  kind: str = task_definition.SINGLE_LABEL,
) -> Task:
  """A task of train.tsv, dev.tsv and test.tsv, all with a header."""
  return Task(
    name,
    labels,
    Split(("train.tsv",), *columns, label),
    Split(("dev.tsv",), *columns, label),
    Split(("test.tsv",), *test_columns),
    kind,
  )


def _mnli(name: str, dev: str, test: Split) -> Task:
  return Task(
    name,
    _NLI,
    Split(("train.tsv",), 8, 9, -1),
    Split((f"dev_{dev}.tsv",), 8, 9, -1),
    test,
  )


def _xnli_split(file: str, label: int | None) -> Split:
  return Split((file,), 6, 7, label, only=(0, _XNLI_LANGUAGE))


_COLA = Split(("train.tsv",), 3, None, 1, has_header=False)

_TASKS = (
  Task(
    "cola",
    _BINARY,
    _COLA,
    Split(("dev.tsv",), 3, None, 1, has_header=False),
    Split(("test.tsv",), 1),
  ),
  _mnli("mnli", "matched", Split(("test_matched.tsv",), 8, 9)),
  _mnli("mnli-mm", "mismatched", Split(("test_mismatched.tsv",), 8, 9)),
  _mnli("ax", "matched", Split(("diagnostic.tsv", "AX.tsv"), 1, 2)),
  _glue("mrpc", _BINARY, (3, 4), 0, (3, 4)),
  Task(
    "xnli",
    _NLI,
    Split((f"multinli/multinli.train.{_XNLI_LANGUAGE}.tsv",), 0, 1, 2),
    _xnli_split("xnli.dev.tsv", 1),
    _xnli_split("xnli.test.tsv", None),
    aliases={"contradictory": "contradiction"},
  ),
  _glue("sst-2", _BINARY, (0, None), 1, (1, None)),
  _glue("qqp", _BINARY, (3, 4), 5, (1, 2)),
  _glue("qnli", _ENTAILMENT, (1, 2), 3, (1, 2)),
  _glue("rte", _ENTAILMENT, (1, 2), 3, (1, 2)),
  _glue("wnli", _BINARY, (1, 2), 3, (1, 2)),
  _glue("sts-b", (), (7, 8), 9, (7, 8), task_definition.REGRESSION),
)


def _key(name: str) -> str:
  return name.lower().replace("-", "").replace("_", "")


_BY_NAME = {_key(task.name): task for task in _TASKS}
NAMES = tuple(task.name for task in _TASKS)


def find(name: str) -> Task:
  """The task of a name; case, "-" and "_" do not matter.

  Raises:
    ValueError: There is none.
  """
  if _key(name) not in _BY_NAME:
    raise ValueError(
      f"task_name={name!r} is not known; it is one of {', '.join(NAMES)}, or "
      f"{TSV} for files of your own"
    )
  return _BY_NAME[_key(name)]


def tsv(
  text_column: str,
  text_pair_column: str | None,
  label_column: str,
  kind: str,
  labels: tuple[str, ...] = (),
  separator: str = ",",
) -> Task:
  """The task of tables train, dev and test of any form with named columns.

  Args:
    text_column: Name of the column of the text.
    text_pair_column: Of the second text, if there is one.
    label_column: Of the label; the test table need not have it.
    kind: One of `task.KINDS`.
    labels: In the order of the outputs; none to find them in training data.
    separator: Between the labels of one text, for several labels.

  Raises:
    ValueError: A setting is wrong.
  """
  if not separator:
    raise ValueError("label_separator is empty; give a character, such as ,")
  columns = text_column, text_pair_column
  return Task(
    TSV,
    labels,
    Split(("train",), *columns, label_column, any_form=True),
    Split(_DEV, *columns, label_column, any_form=True),
    Split(("test",), *columns, any_form=True),
    kind,
    separator=separator,
  )

"""Reading questions with choices: which file, and what it holds."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from bert_tf.system import files
from bert_tf.tables import table_files, table_form
from bert_tf.tasks.multiple_choice import (
  choice_json,
  choice_tables,
  questions,
  settings,
)

_STEMS = {
  "train": ("train",),
  "dev": ("dev", "val", "validation"),
  "test": ("test",),
}
_LEAST_CHOICES = 2


class QuestionFile(NamedTuple):
  """What a file, or a folder of files, holds.

  Attributes:
    path: The file or folder.
    questions: In its order.
  """

  path: str
  questions: Sequence[questions.Question]

  @property
  def most_choices(self) -> int:
    """The choices of the question that has most."""
    return max(len(question.choices) for question in self.questions)


def find(options: settings.MultipleChoiceSettings, kind: str) -> str:
  """The file of "train", "dev" or "test"; of RACE perhaps a folder.

  Raises:
    FileNotFoundError: There is none; the message says what was looked for.
    ValueError: There are two.
  """
  given: str | None = getattr(options, f"{kind}_file")
  if given:
    return given
  folder = options.data_dir
  if not folder:
    raise FileNotFoundError(f"no {kind}_file and no data_dir given")
  if options.task_name == settings.TSV:
    return table_files.find(folder, _STEMS[kind])
  names = files.names_in(folder) if files.is_folder(folder) else []
  found = [x for x in names if _is_of(options.task_name, kind, x)]
  if len(found) > 1:
    raise ValueError(
      f"{folder}: found {' and '.join(sorted(found))}, expected one file for "
      f"{kind}; give --{kind}_file"
    )
  if not found:
    raise FileNotFoundError(
      f"data_dir {folder} holds no {_EXPECTED[options.task_name]} for {kind} "
      f"(found: {', '.join(sorted(names)[:8]) or 'nothing'}); give "
      f"--{kind}_file"
    )
  return os.path.join(folder, found[0])


_EXPECTED = {
  settings.SWAG: "train.csv, val.csv or test.csv",
  settings.RACE: "folder train, dev or test of .txt files, or .jsonl file",
  settings.ARC: "...-Train.jsonl, ...-Dev.jsonl or ...-Test.jsonl",
}
_ENDINGS = {
  settings.SWAG: (".csv",),
  settings.RACE: ("", ".jsonl"),
  settings.ARC: (".jsonl",),
}


def _is_of(task: str, kind: str, name: str) -> bool:
  lower = name.lower()
  for stem in _STEMS[kind]:
    for ending in _ENDINGS[task]:
      if lower == stem + ending:
        return True
      if task == settings.ARC and lower.endswith(f"-{stem}{ending}"):
        return True
  return False


def parts(path: str) -> list[str]:
  """The files at a path: itself, the .txt files below it, or a dataset's."""
  if not files.is_folder(path):
    return [path]
  found = sorted(choice_json.files_below(path))
  return found or table_files.parts(path)


def read(
  options: settings.MultipleChoiceSettings, kind: str, is_labelled: bool
) -> QuestionFile:
  """Reads the questions of "train", "dev" or "test".

  Args:
    options: What the task is, and where its files are.
    kind: Which of them.
    is_labelled: Whether the right choices are read.

  Raises:
    FileNotFoundError: There is no such file.
    ValueError: A question is not as it should be, or there is none; the message
      names the file and the line.
  """
  path = find(options, kind)
  found = list(
    _checked(_READERS[options.task_name](options, path, is_labelled))
  )
  if not found:
    raise ValueError(f"{path}: found no question in it")
  return QuestionFile(path, found)


def _checked(
  found: Iterable[questions.Question],
) -> Iterator[questions.Question]:
  for question in found:
    count = len(question.choices)
    if count < _LEAST_CHOICES:
      raise ValueError(
        f"{question.place}: found {count} choices, expected "
        f"{_LEAST_CHOICES} at least"
      )
    if question.label is not None and not 0 <= question.label < count:
      raise ValueError(
        f"{question.place}: the label is {question.label}, expected one of 0 "
        f"to {count - 1}, the number of a choice"
      )
    yield question


def _form(options: settings.MultipleChoiceSettings) -> table_form.TableForm:
  return table_form.TableForm(options.encoding, options.quoting)


_Read = Callable[
  [settings.MultipleChoiceSettings, str, bool], Iterator[questions.Question]
]
_READERS: dict[str, _Read] = {
  settings.SWAG: lambda options, path, is_labelled: choice_tables.swag(
    path, _form(options), is_labelled
  ),
  settings.RACE: lambda options, path, is_labelled: choice_json.race(
    path, options.encoding, is_labelled
  ),
  settings.ARC: lambda options, path, is_labelled: choice_json.arc(
    path, options.encoding, is_labelled
  ),
  settings.TSV: lambda options, path, is_labelled: choice_tables.own(
    path, _form(options), options, is_labelled
  ),
}

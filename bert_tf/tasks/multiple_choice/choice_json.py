"""Questions in JSON: RACE's and ARC's forms.

RACE is distributed as folders of .txt files, an object of one article with
several questions in each; data hubs have an object a line, with one question.
ARC has an object a line.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from bert_tf.system import files, json_text
from bert_tf.tables import text_encoding
from bert_tf.tasks.multiple_choice import questions

_ENDING = ".txt"
_LABELS_SHOWN = 8
_LONGEST = 60  # of a value in messages


def files_below(folder: str) -> Iterator[str]:
  """The .txt files of a folder and those in it (high, middle), in order."""
  for name in sorted(files.names_in(folder)):
    path = os.path.join(folder, name)
    if files.is_folder(path):
      yield from files_below(path)
    elif name.endswith(_ENDING):
      yield path


def race(
  path: str, encoding: str | None, is_labelled: bool
) -> Iterator[questions.Question]:
  """The questions of RACE.

  Args:
    path: A folder of .txt files, one of these, or a file of lines.
    encoding: As of `text_encoding.read_lines`.
    is_labelled: Whether the right choices are read.

  Raises:
    OSError: There is no such file.
    ValueError: An object is not as it should be; the message names its place.
  """
  paths = list(files_below(path)) if files.is_folder(path) else [path]
  if not paths:
    raise ValueError(f"{path}: holds no {_ENDING} file of RACE")
  for file in paths:
    whole = file.endswith(_ENDING)
    for place, values in _objects(file, encoding, whole):
      article = _text(place, values, "article")
      if "questions" in values:
        yield from _of_article(place, values, article, is_labelled)
        continue
      options = _texts(place, values, "options")
      answer = _text(place, values, "answer") if is_labelled else None
      yield questions.Question(
        place,
        article,
        questions.filled(_text(place, values, "question"), options),
        _letter(place, answer),
      )


def _of_article(
  place: str, values: Mapping[str, Any], article: str, is_labelled: bool
) -> Iterator[questions.Question]:
  """The questions of an object with several."""
  asked = _texts(place, values, "questions")
  options = values.get("options")
  answers = _texts(place, values, "answers") if is_labelled else None
  lengths = {
    len(x) if isinstance(x, list) else -1
    for x in (asked, options, asked if answers is None else answers)
  }
  if lengths != {len(asked)}:
    raise ValueError(
      f"{place}: expected as many options and answers as questions, "
      f"{len(asked)}"
    )
  for number, question in enumerate(asked):
    where = f"{place}, question {number + 1}"
    endings = _texts(where, {"options": options[number]}, "options")  # type: ignore[index]
    yield questions.Question(
      where,
      article,
      questions.filled(question, endings),
      _letter(where, answers[number] if answers is not None else None),
    )


def arc(
  path: str, encoding: str | None, is_labelled: bool
) -> Iterator[questions.Question]:
  """The questions of ARC; the text is the question, or its `para` if any.

  Arguments and errors as of `race`.
  """
  for place, values in _objects(path, encoding, False):
    asked = values.get("question")
    if not isinstance(asked, dict):
      raise ValueError(f"{place}: expected an object 'question' with a 'stem'")
    stem = _text(place, asked, "stem")
    choices = asked.get("choices")
    if not isinstance(choices, list) or not all(
      isinstance(x, dict) for x in choices
    ):
      raise ValueError(
        f"{place}: 'choices' is {_shown(choices)}, expected a list of objects "
        "with 'text' and 'label'"
      )
    endings = [_text(place, choice, "text") for choice in choices]
    para = asked.get("para")
    label = None
    if is_labelled:
      names = [_text(place, choice, "label") for choice in choices]
      key = _text(place, values, "answerKey")
      if names.count(key) != 1:
        raise ValueError(
          f"{place}: the answerKey is {_shown(key)}, expected one of "
          f"{', '.join(map(_shown, names[:_LABELS_SHOWN]))}"
        )
      label = names.index(key)
    yield questions.Question(
      place,
      stem if para is None else _text(place, asked, "para"),
      questions.after("" if para is None else stem, endings),
      label,
    )


def _objects(
  path: str, encoding: str | None, whole: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
  """The objects of a file and where they stand; `whole` if it is one."""
  lines = text_encoding.read_lines(path, encoding)
  for line in lines:
    if line.problem:
      raise ValueError(f"{path}:{line.number}: {line.problem}")
  if whole:
    yield path, _object(path, "\n".join(line.text for line in lines))
    return
  for line in lines:
    if line.text.strip():
      place = f"{path}:{line.number}"
      yield place, _object(place, line.text)


def _object(place: str, text: str) -> dict[str, Any]:
  found = json_text.parse(text, place)
  if not isinstance(found, dict):
    raise ValueError(f"{place}: expected an object, found {text[:40]!r}")
  return found


def _text(place: str, values: Mapping[str, Any], name: str) -> str:
  found = values.get(name)
  if not isinstance(found, str):
    raise ValueError(f"{place}: {name!r} is {_shown(found)}, expected a text")
  return found


def _texts(place: str, values: Mapping[str, Any], name: str) -> list[str]:
  found = values.get(name)
  if not isinstance(found, list):
    raise ValueError(
      f"{place}: {name!r} is {_shown(found)}, expected a list of texts"
    )
  return [_text(place, {name: item}, name) for item in found]


def _letter(place: str, letter: str | None) -> int | None:
  """The number of a choice that is named by a letter, A for 0."""
  if letter is None:
    return None
  if len(letter) != 1 or not "A" <= letter <= "Z":
    raise ValueError(
      f"{place}: the answer is {_shown(letter)}, expected a letter, A for "
      "the first choice"
    )
  return ord(letter) - ord("A")


def _shown(value: Any) -> str:
  """A value for messages, cut."""
  text = repr(value)
  return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."

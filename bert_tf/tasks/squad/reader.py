"""SQuAD's JSON to questions. Source: run_squad.py, `read_squad_examples`.

A file is `{"data": [{"paragraphs": [{"context", "qas": [{"id", "question",
"answers": [{"text", "answer_start"}], "is_impossible"}]}]}]}`; training needs
the answers, and SQuAD 2.0 `is_impossible`; prediction needs neither.
"""

import dataclasses
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from absl import logging

from bert_tf import files, json_text
from bert_tf.text import basic_tokenizer

_WHITE_SPACE = frozenset(" \t\r\n\u202f")


class SquadFormatError(ValueError):
  """A file is not as SQuAD's are."""


@dataclasses.dataclass(frozen=True, eq=False)
class Context:
  """A paragraph that questions are asked about.

  Attributes:
    text: The paragraph.
  """

  text: str

  @functools.cached_property
  def _split(self) -> tuple[list[str], list[int]]:
    words: list[list[str]] = []
    offsets = []
    after_space = True
    for char in self.text:
      if char in _WHITE_SPACE:
        after_space = True
      else:
        if after_space:
          words.append([])
        words[-1].append(char)
        after_space = False
      offsets.append(len(words) - 1)
    return ["".join(word) for word in words], offsets

  @property
  def words(self) -> list[str]:
    """The paragraph, split at white space."""
    return self._split[0]

  @property
  def word_of_char(self) -> list[int]:
    """For each character its word; for white space the word before it."""
    return self._split[1]


@dataclasses.dataclass(frozen=True)
class Answer:
  """Where a training answer stands.

  Attributes:
    text: As the file has it.
    start: Its first word in the context.
    end: Its last word.
  """

  text: str
  start: int
  end: int


@dataclasses.dataclass(frozen=True)
class Example:
  """A question.

  Attributes:
    id: Its name in the file.
    question: The question.
    context: What it is about.
    answer: For training; None if there is none or for prediction.
    gold: The texts of all answers in the file, none for a question without
      answer; None where the file has no `answers`, or for training.
  """

  id: str
  question: str
  context: Context
  answer: Answer | None = None
  gold: tuple[str, ...] | None = None


def read_for_prediction(path: str | os.PathLike[str]) -> list[Example]:
  """Reads the questions of a file, in order.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is not as expected; names the file and the question.
  """
  examples = []
  seen: set[str] = set()
  for question in _questions(path):
    if question.id in seen:
      raise SquadFormatError(
        f"{question.where}: the id is there twice, and one prediction would "
        "replace the other; give each question its own"
      )
    seen.add(question.id)
    examples.append(
      Example(
        question.id,
        question.text,
        question.context,
        gold=_gold(question),
      )
    )
  return examples


def read_for_training(
  path: str | os.PathLike[str], version_2_with_negative: bool
) -> list[Example]:
  """Reads the questions of a file with their answers, in order.

  An answer that is not found where the file says is left out, with a warning.

  Args:
    path: The file.
    version_2_with_negative: Whether `is_impossible` is read.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is not as expected; names the file and the question.
  """
  examples = []
  seen: set[str] = set()
  for question in _questions(path):
    if question.id in seen:
      logging.warning("%s: the id is there twice", question.where)
    seen.add(question.id)
    impossible = version_2_with_negative and _get(
      question.qa, "is_impossible", bool, question.where
    )
    answer = None
    if not impossible:
      answer = _training_answer(question)
      if answer is None:
        continue
    examples.append(
      Example(question.id, question.text, question.context, answer)
    )
  if not examples:
    raise SquadFormatError(
      f"{os.fspath(path)}: no question to train on; expected at least one with "
      "an answer that stands in its context"
    )
  return examples


@dataclasses.dataclass(frozen=True)
class _Question:
  id: str
  text: str
  context: Context
  qa: Mapping[str, Any]
  where: str  # for messages


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
  """Reads a JSON object with the key `data`.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is no such object.
  """
  with files.open_file(path) as file:
    raw = file.read()
  name = os.fspath(path)
  try:
    content = json_text.parse(raw.decode("utf-8-sig"), name)
  except UnicodeDecodeError as error:
    raise SquadFormatError(
      f"{name}: byte {error.start} is not UTF-8; save the file as UTF-8"
    ) from error
  except ValueError as error:
    raise SquadFormatError(
      f"{error}; expected a file of SQuAD's form"
    ) from error
  _get(content, "data", list, name)
  return content


def _questions(path: str | os.PathLike[str]) -> Iterator[_Question]:
  name = os.fspath(path)
  for index, article in enumerate(load(path)["data"]):
    where = f"{name}: data[{index}]"
    for number, paragraph in enumerate(
      _get(article, "paragraphs", list, where)
    ):
      place = f"{where}.paragraphs[{number}]"
      context = Context(_get(paragraph, "context", str, place))
      for k, qa in enumerate(_get(paragraph, "qas", list, place)):
        # A number for an id becomes a string in JSON anyhow.
        qid = str(_get(qa, "id", (str, int), f"{place}.qas[{k}]"))
        where_id = f"{name}: question {qid!r}"
        text = _get(qa, "question", str, where_id)
        yield _Question(qid, text, context, qa, where_id)


def _get(node: Any, key: str, kind: Any, where: str) -> Any:
  """The value of a key, checked."""
  if not isinstance(node, dict):
    raise SquadFormatError(
      f"{where}: found {type(node).__name__}, expected an object with the key "
      f"{key!r}"
    )
  if key not in node:
    has = ", ".join(map(repr, node)) or "none"
    hint = ""
    if key == "is_impossible":
      hint = "; version_2_with_negative is for files of SQuAD 2.0"
    raise SquadFormatError(
      f"{where}: the key {key!r} is missing; found the keys: {has}{hint}"
    )
  value = node[key]
  kinds = kind if isinstance(kind, tuple) else (kind,)
  # To Python a bool is an int.
  if not isinstance(value, kinds) or (
    isinstance(value, bool) and bool not in kinds
  ):
    expected = " or ".join(k.__name__ for k in kinds)
    raise SquadFormatError(
      f"{where}: {key!r} is {type(value).__name__}, expected {expected}"
    )
  return value


def _gold(question: _Question) -> tuple[str, ...] | None:
  if question.qa.get("answers") is None:
    return None
  answers = _get(question.qa, "answers", list, question.where)
  return tuple(_get(x, "text", str, question.where) for x in answers)


def _training_answer(question: _Question) -> Answer | None:
  """The answer, or None if the text does not have it where it should."""
  where = question.where
  answers = _get(question.qa, "answers", list, where)
  if len(answers) != 1:
    hint = (
      "keep the right one; several answers are for prediction files"
      if answers
      else "questions without answer need version_2_with_negative and "
      "is_impossible"
    )
    raise SquadFormatError(
      f"{where}: it has {len(answers)} answers, expected exactly 1 for "
      f"training; {hint}"
    )
  text = _get(answers[0], "text", str, where)
  first = _get(answers[0], "answer_start", int, where)
  context = question.context
  last = first + len(text) - 1
  if first < 0 or last >= len(context.text):
    raise SquadFormatError(
      f"{where}: the answer {text!r} at answer_start={first} lies outside its "
      f"context of {len(context.text)} characters"
    )
  if not text.strip():
    logging.warning("%s: left out, its answer is empty", where)
    return None
  # White space before the answer belongs to the word before it.
  first += len(text) - len(text.lstrip("".join(_WHITE_SPACE)))
  start, end = context.word_of_char[first], context.word_of_char[last]
  found = " ".join(context.words[start : end + 1])
  if " ".join(basic_tokenizer.whitespace_tokenize(text)) not in found:
    logging.warning(
      "%s: left out, its answer could not be found: %r at answer_start=%d, "
      "where %r stands",
      where,
      text,
      first,
      found,
    )
    return None
  return Answer(text, start, end)


def split_by_article(
  content: Mapping[str, Any], held_out: int
) -> tuple[dict[str, Any], dict[str, Any]]:
  """Cuts a file's content in two, at the border of articles.

  Args:
    content: As of `load`.
    held_out: How many of the last articles make the second part.

  Raises:
    ValueError: One part would be empty.
  """
  articles: Sequence[Any] = content["data"]
  if len(articles) < 2:
    raise ValueError(
      f"found {len(articles)} articles, expected two: one for each part"
    )
  if not 0 < held_out < len(articles):
    raise ValueError(
      f"cannot hold out {held_out} of {len(articles)} articles; expected 1 to "
      f"{len(articles) - 1}"
    )
  return (
    {**content, "data": articles[:-held_out]},
    {**content, "data": articles[-held_out:]},
  )

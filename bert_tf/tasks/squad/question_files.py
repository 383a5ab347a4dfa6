"""Files of questions: SQuAD's JSON, rows, JSON Lines and tables.

- SQuAD's JSON: `{"data": [{"paragraphs": [{"context", "qas": [{"id",
  "question", "answers", "is_impossible"}]}]}]}`.
- Rows, as Hugging Face's `datasets` has them: `{"id", "context", "question",
  "answers"}` each, in a list, in a list under "data", or one a line.
- Tables, `.csv` and `.tsv`: see `question_tables`.
"""

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bert_tf.system import files, json_text
from bert_tf.tasks.squad import checked_values, question_tables

_LINES = (".jsonl", ".ndjson")


@dataclasses.dataclass(frozen=True)
class Question:
  """A question as its file has it.

  Attributes:
    id: Its name.
    text: The question.
    context: The text that it is about.
    node: The object or row that tells of answers.
    where: The place in the file, for messages.
    is_row: Whether it is a row: it has no answer where none is given, and no
      key needs to say so.
  """

  id: str
  text: str
  context: str
  node: Mapping[str, Any]
  where: str
  is_row: bool = False


def read(path: str | os.PathLike[str]) -> Iterator[Question]:
  """The questions of a file, in order.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is not as expected; names the file and the question.
  """
  name = os.fspath(path)
  number = 0
  for where, node in _nodes(path):
    if not (isinstance(node, dict) and "context" in node):
      yield from _of_article(node, where, name)
      continue
    number += 1
    context = checked_values.get(node, "context", str, where)
    qid = str(number)
    if node.get("id") is not None:
      qid = str(checked_values.get(node, "id", (str, int), where))
    text = checked_values.get(node, "question", str, where)
    place = f"{where}: question {qid!r}"
    yield Question(qid, text, context, node, place, is_row=True)


def _of_article(article: Any, where: str, name: str) -> Iterator[Question]:
  get = checked_values.get
  for number, paragraph in enumerate(get(article, "paragraphs", list, where)):
    place = f"{where}.paragraphs[{number}]"
    context = get(paragraph, "context", str, place)
    for k, qa in enumerate(get(paragraph, "qas", list, place)):
      # A number for an id becomes a string in JSON anyhow.
      qid = str(get(qa, "id", (str, int), f"{place}.qas[{k}]"))
      where_id = f"{name}: question {qid!r}"
      text = get(qa, "question", str, where_id)
      yield Question(qid, text, context, qa, where_id)


def _nodes(path: str | os.PathLike[str]) -> Iterator[tuple[str, Any]]:
  """Articles or rows, each with its place."""
  name = os.fspath(path)
  if name.lower().endswith(question_tables.ENDINGS):
    yield from question_tables.rows(name)
    return
  text = _text(path)
  if name.lower().endswith(_LINES) or _begins_with_an_object(text):
    yield from _json_lines(text, name)
    return
  content = _parsed(text, name)
  place = f"{name}: "
  if not (isinstance(content, list) and content):
    content = checked_values.get(content, "data", list, name)
    place += "data"
  for index, node in enumerate(content):
    yield f"{place}[{index}]", node


def _text(path: str | os.PathLike[str]) -> str:
  with files.open_file(path) as file:
    raw: bytes = file.read()
  try:
    return raw.decode("utf-8-sig")
  except UnicodeDecodeError as error:
    raise checked_values.SquadFormatError(
      f"{os.fspath(path)}: byte {error.start} is not UTF-8; save the file as "
      "UTF-8"
    ) from error


def _parsed(text: str, where: str) -> Any:
  try:
    return json_text.parse(text, where)
  except ValueError as error:
    raise checked_values.SquadFormatError(
      f"{error}; expected a file of SQuAD's form, JSON Lines with a context "
      "and a question a line, or a table named .csv or .tsv"
    ) from error


def _begins_with_an_object(text: str) -> bool:
  """Whether the first line is a row, so that the others are, too."""
  first = text.lstrip().partition("\n")[0]
  try:
    node = json.loads(first)
  except (ValueError, RecursionError):
    return False
  return isinstance(node, dict) and "context" in node


def _json_lines(text: str, name: str) -> Iterator[tuple[str, Any]]:
  # A line ends here and nowhere else: not at U+2028, as for `splitlines`.
  for number, line in enumerate(text.split("\n"), 1):
    if line.strip():
      where = f"{name}:{number}"
      node = _parsed(line, where)
      checked_values.get(node, "context", str, where)
      yield where, node


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
  """Reads SQuAD's JSON: an object with the key `data`.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is no such object.
  """
  name = os.fspath(path)
  content: dict[str, Any] = _parsed(_text(path), name)
  for index, article in enumerate(
    checked_values.get(content, "data", list, name)
  ):
    checked_values.get(article, "paragraphs", list, f"{name}: data[{index}]")
  return content


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

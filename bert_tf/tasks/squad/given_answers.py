"""The answers that a file gives, and where the one to train on stands."""

from typing import Any, NamedTuple

from bert_tf.tasks.squad import checked_values, question_files


class Given(NamedTuple):
  """An answer.

  Attributes:
    text: As the file has it.
    start: Its first character in the context; None where the file is silent.
  """

  text: str
  start: int | None


def of(question: question_files.Question) -> list[Given] | None:
  """The answers of a question; None where the file has none of them.

  Three forms: `[{"text", "answer_start"}]`, `{"text": [...], "answer_start":
  [...]}`, and in rows an "answer", with "answer_start" if wanted.

  Raises:
    SquadFormatError: It is something else; names the question.
  """
  node, where = question.node, question.where
  if question.is_row and node.get("answer") is not None:
    text = checked_values.get(node, "answer", str, where)
    if not text.strip():
      return []
    return [Given(text, _start(node, where))]
  answers = node.get("answers")
  if answers is None:
    return None
  if isinstance(answers, dict):
    return _of_columns(answers, where)
  checked_values.get(node, "answers", list, where)
  return [
    Given(checked_values.get(x, "text", str, where), _start(x, where))
    for x in answers
  ]


def _start(node: Any, where: str) -> int | None:
  if node.get("answer_start") is None:
    return None
  start: int = checked_values.get(node, "answer_start", int, where)
  return start


def _of_columns(answers: dict[str, Any], where: str) -> list[Given]:
  texts = checked_values.get(answers, "text", list, f"{where}: answers")
  starts = answers.get("answer_start") or [None] * len(texts)
  if not isinstance(starts, list) or len(starts) != len(texts):
    raise checked_values.SquadFormatError(
      f"{where}: answers: 'text' and 'answer_start' must be lists of one "
      f"length, found {texts!r} and {starts!r}"
    )
  rows = [
    {"text": text, "answer_start": start}
    for text, start in zip(texts, starts, strict=True)
  ]
  return [
    Given(checked_values.get(x, "text", str, where), _start(x, where))
    for x in rows
  ]


def to_train_on(question: question_files.Question) -> tuple[str, int]:
  """The one answer of a question, and its first character in the context.

  Without a place, an answer is looked for, and must stand there once.

  Raises:
    SquadFormatError: There is not one answer, or it has no place, or lies
      outside its context.
  """
  where, node = question.where, question.node
  if not question.is_row:
    checked_values.get(node, "answers", (list, dict), where)
  answers = of(question) or []
  if len(answers) != 1:
    hint = (
      "keep the right one; several answers are for prediction files"
      if answers
      else "questions without answer need version_2_with_negative"
      + ("" if question.is_row else " and is_impossible")
    )
    raise checked_values.SquadFormatError(
      f"{where}: it has {len(answers)} answers, expected exactly 1 for "
      f"training; {hint}"
    )
  text, start = answers[0]
  if start is None:
    return _looked_for(text, question)
  if start < 0 or start + len(text) > len(question.context):
    raise checked_values.SquadFormatError(
      f"{where}: the answer {text!r} at answer_start={start} lies outside its "
      f"context of {len(question.context)} characters"
    )
  return text, start


def _looked_for(
  text: str, question: question_files.Question
) -> tuple[str, int]:
  text, context = text.strip(), question.context
  if not text:
    return text, 0
  first = context.find(text)
  if first < 0:
    raise checked_values.SquadFormatError(
      f"{question.where}: the answer {text!r} does not stand in its context; "
      "write it as it stands there, case and white space included"
    )
  if context.find(text, first + 1) >= 0:
    raise checked_values.SquadFormatError(
      f"{question.where}: the answer {text!r} stands more than once in its "
      "context; tell its first character, from 0, in answer_start"
    )
  return text, first

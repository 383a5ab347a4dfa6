"""Questions with their contexts, for training and for prediction.

Source: run_squad.py, `read_squad_examples`. `question_files` tells which files
are read.
"""

import dataclasses
import functools
import os

from absl import logging

from bert_tf.tasks.squad import checked_values, given_answers, question_files
from bert_tf.text import basic_tokenizer

_WHITE_SPACE = frozenset(" \t\r\n\u202f")


@dataclasses.dataclass(frozen=True, eq=False)
class Context:
  """A paragraph that questions are asked about.

  Attributes:
    text: The paragraph.
  """

  text: str

  @functools.cached_property
  def _split(self) -> tuple[list[str], list[int], list[int]]:
    words: list[list[str]] = []
    offsets, starts = [], []
    after_space = True
    for place, char in enumerate(self.text):
      if char in _WHITE_SPACE:
        after_space = True
      else:
        if after_space:
          words.append([])
          starts.append(place)
        words[-1].append(char)
        after_space = False
      offsets.append(len(words) - 1)
    return ["".join(word) for word in words], offsets, starts

  @property
  def words(self) -> list[str]:
    """The paragraph, split at white space."""
    return self._split[0]

  @property
  def word_of_char(self) -> list[int]:
    """For each character its word; for white space the word before it."""
    return self._split[1]

  @property
  def word_starts(self) -> list[int]:
    """For each word its first character."""
    return self._split[2]


@dataclasses.dataclass(frozen=True)
class Answer:
  """Where a training answer stands.

  Attributes:
    text: As the file has it.
    start: Its first word in the context.
    end: Its last word.
    characters: Its first character in the context and one past its last, white
      space at its ends left out.
  """

  text: str
  start: int
  end: int
  characters: tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Example:
  """A question.

  Attributes:
    id: Its name in the file.
    question: The question.
    context: What it is about.
    answer: For training; None if there is none or for prediction.
    gold: The texts of all answers in the file, none for a question without
      answer; None where the file tells none, or for training.
  """

  id: str
  question: str
  context: Context
  answer: Answer | None = None
  gold: tuple[str, ...] | None = None


def read_for_prediction(path: str | os.PathLike[str]) -> list[Example]:
  """Reads the questions of a file, in order.

  Answers are not needed. Where they cannot be read, a warning says so, and the
  questions have none.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is not as expected; names the file and the question.
  """
  examples = []
  seen: set[str] = set()
  contexts: dict[str, Context] = {}
  broken: list[str] = []
  for question in question_files.read(path):
    if question.id in seen:
      raise checked_values.SquadFormatError(
        f"{question.where}: the id is there twice, and one prediction would "
        "replace the other; give each question its own"
      )
    seen.add(question.id)
    gold = None
    try:
      answers = given_answers.of(question)
      gold = None if answers is None else tuple(x.text for x in answers)
    except checked_values.SquadFormatError as error:
      broken.append(str(error))
    context = contexts.setdefault(question.context, Context(question.context))
    examples.append(Example(question.id, question.text, context, gold=gold))
  if broken:
    logging.warning(
      "%s; answers of %d questions cannot be read, so nothing is scored; "
      "prediction does not need them",
      broken[0],
      len(broken),
    )
  return examples


def read_for_training(
  path: str | os.PathLike[str], version_2_with_negative: bool
) -> list[Example]:
  """Reads the questions of a file with their answers, in order.

  An answer that is not found where the file says is left out, with a warning.

  Args:
    path: The file.
    version_2_with_negative: Whether questions may have no answer. SQuAD's JSON
      says by `is_impossible` which; in rows they are those without one.

  Raises:
    OSError: There is no such file.
    SquadFormatError: It is not as expected; names the file and the question.
  """
  examples = []
  seen: set[str] = set()
  contexts: dict[str, Context] = {}
  for question in question_files.read(path):
    if question.id in seen:
      logging.warning("%s: the id is there twice", question.where)
    seen.add(question.id)
    context = contexts.setdefault(question.context, Context(question.context))
    answer = None
    if not (version_2_with_negative and _is_impossible(question)):
      answer = _training_answer(question, context)
      if answer is None:
        continue
    examples.append(Example(question.id, question.text, context, answer))
  if not examples:
    raise checked_values.SquadFormatError(
      f"{os.fspath(path)}: no question to train on; expected at least one with "
      "an answer that stands in its context"
    )
  return examples


def _is_impossible(question: question_files.Question) -> bool:
  node = question.node
  if question.is_row and node.get("is_impossible") is None:
    return not given_answers.of(question)
  told: bool = checked_values.get(node, "is_impossible", bool, question.where)
  return told


def _training_answer(
  question: question_files.Question, context: Context
) -> Answer | None:
  """The answer, or None if the text does not have it where it should."""
  where = question.where
  text, first = given_answers.to_train_on(question)
  if not text.strip():
    logging.warning("%s: left out, its answer is empty", where)
    return None
  last = first + len(text) - 1
  # White space before the answer belongs to the word before it.
  begin = first + len(text) - len(text.lstrip("".join(_WHITE_SPACE)))
  start, end = context.word_of_char[begin], context.word_of_char[last]
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
  return Answer(text, start, end, _characters(context, text, first, start, end))


def _characters(
  context: Context, text: str, first: int, start: int, end: int
) -> tuple[int, int]:
  """Where the answer stands, to the character.

  The original is content if the words at that place hold the answer. So it is
  looked for in these if it does not stand exactly there; where their white
  space differs from the answer's, the words are taken whole.
  """
  exact = text.strip()
  first += len(text) - len(text.lstrip())
  if not context.text.startswith(exact, first):
    left = context.word_starts[start]
    right = context.word_starts[end] + len(context.words[end])
    first = context.text.find(exact, left, right)
    if first < 0:
      return left, right
  return first, first + len(exact)

"""From tokens back to the text: the original's rule, or by characters."""

from collections.abc import Callable
from typing import NamedTuple

from bert_tf.tasks.squad import examples, final_text, settings
from bert_tf.text import tokenizer_rules


class Placed(NamedTuple):
  """An answer in its context.

  Attributes:
    text: The answer; white space is single spaces by the original's rule.
    start: Its first character in the context.
    end: One past its last.
  """

  text: str
  start: int
  end: int


# Of a window, and the first and the last of some of its tokens.
Align = Callable[[examples.Window, int, int], str]
Place = Callable[[examples.Window, int, int], Placed]


def by_words(rules: tokenizer_rules.TokenizerRules, verbose: bool) -> Align:
  """Looks for the pieces in the words that they lie in.

  Source: run_squad.py, `write_predictions`.
  """
  project = final_text.FinalText(rules, verbose)

  def align(window: examples.Window, first: int, last: int) -> str:
    return project(
      _read(window, first, last), " ".join(_words(window, first, last))
    )

  return align


def by_offsets(rules: tokenizer_rules.TokenizerRules, verbose: bool) -> Align:
  """Takes the characters that the pieces came from, as they stand."""
  del rules, verbose

  def align(window: examples.Window, first: int, last: int) -> str:
    start, end = window.characters(first, last)
    return window.cut.paragraph.context.text[start:end]

  return align


def places_by_words(rules: tokenizer_rules.TokenizerRules) -> Place:
  """As `by_words`, with the places."""
  project = final_text.FinalText(rules)

  def place(window: examples.Window, first: int, last: int) -> Placed:
    words = _words(window, first, last)
    joined = " ".join(words)
    start, end = project.place(_read(window, first, last), joined)
    # Of each character of `joined` its place in the context.
    of_words = window.cut.paragraph.context.word_starts
    starts = of_words[window.word_of_token[first] :]
    places = [
      begin + index
      for begin, word in zip(starts, words, strict=False)
      for index in range(len(word) + 1)
    ]
    return Placed(joined[start:end], places[start], places[end - 1] + 1)

  return place


def places_by_offsets(rules: tokenizer_rules.TokenizerRules) -> Place:
  """As `by_offsets`, with the places."""
  del rules

  def place(window: examples.Window, first: int, last: int) -> Placed:
    start, end = window.characters(first, last)
    return Placed(window.cut.paragraph.context.text[start:end], start, end)

  return place


def _read(window: examples.Window, first: int, last: int) -> str:
  """Pieces as text."""
  pieces = " ".join(window.tokens[first : last + 1])
  return " ".join(pieces.replace(" ##", "").replace("##", "").split())


def _words(window: examples.Window, first: int, last: int) -> list[str]:
  """The words of the context that pieces lie in."""
  start, end = window.word_of_token[first], window.word_of_token[last]
  return window.cut.paragraph.context.words[start : end + 1]


ALIGNERS = {settings.ORIGINAL: by_words, settings.OFFSETS: by_offsets}
PLACERS = {
  settings.ORIGINAL: places_by_words,
  settings.OFFSETS: places_by_offsets,
}

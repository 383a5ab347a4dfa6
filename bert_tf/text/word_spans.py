"""Where the tokenizer's words stand in the text.

`BasicTokenizer` tells which words there are, not where they were: it drops
characters, changes them and puts some apart. Here the text is walked through
once more, character by character, to find the place of each word.
"""

from typing import NamedTuple

from bert_tf.text import basic_tokenizer


class WordSpan(NamedTuple):
  """A word and its place: `text[start:end]`.

  Attributes:
    word: As the tokenizer made it, in lower case perhaps.
    start: Its first character in the text.
    end: One past its last character.
  """

  word: str
  start: int
  end: int


def find(
  text: str, tokenizer: basic_tokenizer.BasicTokenizer
) -> list[WordSpan]:
  """The words of `tokenizer.tokenize(text)` with their places, in order."""
  return [
    WordSpan(word, places[0], places[-1] + 1)
    for word, places in letters(text, tokenizer)
  ]


def letters(
  text: str, tokenizer: basic_tokenizer.BasicTokenizer
) -> list[tuple[str, list[int]]]:
  """The same words, each with the place that each of its letters came from.

  A character may become several letters: a Hangul syllable does where accents
  are stripped. Marks that change places share theirs in order.
  """
  places: list[list[int]] = []
  goes_on = False  # whether the last word takes the next character
  for place, char in enumerate(text):
    # Where words begin and end depends on each character and nothing else.
    for part in tokenizer.becomes(char):
      if part.isspace():
        goes_on = False
      elif goes_on:
        places[-1].append(place)
      else:
        places.append([place])
        goes_on = True
  words = tokenizer.tokenize(text)
  return list(zip(words, places, strict=True))

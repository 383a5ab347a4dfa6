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
  spans: list[list[int]] = []
  goes_on = False  # whether the last word takes the next character
  for place, char in enumerate(text):
    # Where words begin and end depends on each character and nothing else.
    for part in tokenizer.becomes(char):
      if part.isspace():
        goes_on = False
      elif goes_on:
        spans[-1][1] = place + 1
      else:
        spans.append([place, place + 1])
        goes_on = True
  words = tokenizer.tokenize(text)
  return [
    WordSpan(word, start, end)
    for word, (start, end) in zip(words, spans, strict=True)
  ]

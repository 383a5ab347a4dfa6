"""From an answer in word pieces back to the words as they were written.

Source: run_squad.py, `get_final_text`.
"""

import functools

from absl import logging

from bert_tf.text import basic_tokenizer, tokenizer_rules


def _places(text: str) -> list[int]:
  """Where the characters other than spaces stand."""
  return [index for index, char in enumerate(text) if char != " "]


class FinalText:
  """Projects pieces onto the text they come from.

  The words "Steve Smith's" hold the pieces "steve smith ' s". An answer "steve
  smith" should read "Steve Smith": without "'s", with its capitals. So the
  original words are tokenized without cutting words up, the pieces are looked
  for in that, and both are aligned by their characters, spaces apart. Where
  the two differ in length, the words are taken whole.

  Args:
    rules: Of the tokenizer.
    verbose: Whether to log what could not be aligned.
  """

  def __init__(
    self, rules: tokenizer_rules.TokenizerRules, verbose: bool = False
  ):
    self._tokenizer = basic_tokenizer.BasicTokenizer(rules=rules)
    self._verbose = verbose
    # The same words come again in the best answers of one question.
    self._tokenize = functools.lru_cache(maxsize=1024)(self._tokenize_text)

  def __call__(self, pieces: str, words: str) -> str:
    """Returns the part of `words` that `pieces` stand for, or all of it.

    Args:
      pieces: Tokens, joined by spaces, continuations joined to their word.
      words: The original words that the pieces lie in, joined by spaces.
    """
    start, end = self.place(pieces, words)
    return words[start:end]

  def place(self, pieces: str, words: str) -> tuple[int, int]:
    """As a call; where that part of `words` starts, and one past its end."""
    whole = 0, len(words)
    tokens, token_places = self._tokenize(words)
    start = tokens.find(pieces)
    if start < 0:
      self._say("Unable to find text: %r in %r", pieces, words)
      return whole
    end = start + len(pieces) - 1
    places = _places(words)
    if len(places) != len(token_places):
      self._say(
        "Length not equal after stripping spaces: %r vs %r", words, tokens
      )
      return whole
    at = {place: index for index, place in enumerate(token_places)}
    if start not in at:
      self._say("Couldn't map start position of %r in %r", pieces, tokens)
      return whole
    if end not in at:
      self._say("Couldn't map end position of %r in %r", pieces, tokens)
      return whole
    return places[at[start]], places[at[end]] + 1

  def _tokenize_text(self, words: str) -> tuple[str, list[int]]:
    tokens = " ".join(self._tokenizer.tokenize(words))
    return tokens, _places(tokens)

  def _say(self, message: str, *arguments: str) -> None:
    if self._verbose:
      logging.info(message, *arguments)

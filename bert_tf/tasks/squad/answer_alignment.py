"""From tokens back to the text: the original's rule, or by characters."""

from collections.abc import Callable

from bert_tf.tasks.squad import examples, final_text, settings
from bert_tf.text import tokenizer_rules

# Of a window, and the first and the last of some of its tokens.
Align = Callable[[examples.Window, int, int], str]


def by_words(rules: tokenizer_rules.TokenizerRules, verbose: bool) -> Align:
  """Looks for the pieces in the words that they lie in.

  Source: run_squad.py, `write_predictions`.
  """
  project = final_text.FinalText(rules, verbose)

  def align(window: examples.Window, first: int, last: int) -> str:
    pieces = " ".join(window.tokens[first : last + 1])
    pieces = " ".join(pieces.replace(" ##", "").replace("##", "").split())
    start, end = window.word_of_token[first], window.word_of_token[last]
    words = window.cut.paragraph.context.words[start : end + 1]
    return project(pieces, " ".join(words))

  return align


def by_offsets(rules: tokenizer_rules.TokenizerRules, verbose: bool) -> Align:
  """Takes the characters that the pieces came from, as they stand."""
  del rules, verbose

  def align(window: examples.Window, first: int, last: int) -> str:
    start, end = window.characters(first, last)
    return window.cut.paragraph.context.text[start:end]

  return align


ALIGNERS = {settings.ORIGINAL: by_words, settings.OFFSETS: by_offsets}

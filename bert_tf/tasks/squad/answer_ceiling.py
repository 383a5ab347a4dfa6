"""What a perfect model would answer: right spans through features and back.

A model answers by tokens. Where a right answer begins or ends inside a token,
or where tokens cannot be found again in the text, no model can give it.
"""

import dataclasses
from collections.abc import Sequence

from bert_tf.tasks.squad import answer_alignment, examples, reader, settings
from bert_tf.text import full_tokenizer, wordpiece_tokenizer


@dataclasses.dataclass(frozen=True)
class Returned:
  """An answer that went through features and back.

  Attributes:
    wanted: The right answer, as the file has it.
    text: What comes back; empty if no window holds the answer.
    has_unknown: Whether [UNK] is among its tokens: that stands for a whole
      word, whatever part of it is meant.
    tokens: Its length in tokens.
  """

  wanted: str
  text: str = ""
  has_unknown: bool = False
  tokens: int = 0


def returned(
  questions: Sequence[reader.Example],
  tokenizer: full_tokenizer.FullTokenizer,
  windowing: settings.WindowSettings,
  alignment: str,
) -> list[Returned]:
  """Sends right answers through features and back.

  Args:
    questions: As of `reader.read_for_training`; those without an answer are
      left out.
    tokenizer: Text to pieces.
    windowing: How contexts are cut.
    alignment: One of `settings.ALIGNMENTS`.
  """
  asked = [question for question in questions if question.answer]
  align = answer_alignment.ALIGNERS[alignment](tokenizer.rules, False)
  found = [Returned(x.answer.text) for x in asked if x.answer]
  made = examples.make(
    asked, tokenizer, windowing, is_training=True, alignment=alignment
  )
  for window in made:
    first, last = window.start_position, window.end_position
    before = found[window.example_index]
    if first and not before.tokens:
      tokens = window.tokens[first : last + 1]
      found[window.example_index] = Returned(
        before.wanted,
        align(window, first, last),
        wordpiece_tokenizer.UNKNOWN in tokens,
        len(tokens),
      )
  return found

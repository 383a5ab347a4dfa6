"""The original's rules in plain Python, against the library, on odd text."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

from hypothesis import strategies as st

from bert_tf.tasks.squad import examples, final_text, reader, settings
from bert_tf.text import full_tokenizer, tokenizer_rules
from tests.tasks.squad import reference as squad_reference
from tests.text import reference as text_reference

_VOCABULARY = pathlib.Path(__file__).parents[1] / "testdata" / "vocab.txt"
# Letters, marks, signs and spaces for which some rule is different.
_CHARACTERS = st.one_of(
  st.sampled_from("aAbBeEiIsStTzZ019 .,'-()[]$\t\n"),
  st.sampled_from(
    "\u00e9\u00c9\u0130\u0131\u00df\u1e9e\u03a3\u03c2\u00e5\u212b\ufb01"
    "\u0301\u0308\u200b\u200d\u00a0\u3000\u2028\ufeff\u00ad\ufffd\x00\x7f"
    "\u4e00\uac00\u1100\u1161\u0e01\u0e31\u0915\u094d\u0627\U0001f642"
    "\U00020000\uff21\u2019\u00ab\u20ac"
  ),
  st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.lists(_CHARACTERS, max_size=40).map("".join)


@dataclasses.dataclass(frozen=True)
class Rule:
  """Something that the library computes in one way and plain Python in another.

  Attributes:
    name: For the table.
    given: A strategy of what is given to both.
    ours: The library's way.
    plain: The original's rule, said plainly.
  """

  name: str
  given: st.SearchStrategy
  ours: Callable
  plain: Callable


@functools.cache
def _tokenizer(lower):
  return full_tokenizer.FullTokenizer(_VOCABULARY, do_lower_case=lower)


def _tokens(given):
  text, lower = given
  return _tokenizer(lower).tokenize(text)


def _plain_tokens(given):
  text, lower = given
  return text_reference.tokenize(text, _tokenizer(lower).vocab, lower)


def _final(given):
  words, pieces, lower = given
  rules = tokenizer_rules.TokenizerRules(lower_case=lower)
  return final_text.FinalText(rules)(pieces, words)


def _plain_final(given):
  """The original's get_final_text, step by step."""
  words, pieces, lower = given
  tokens = " ".join(text_reference.words(words, lower))
  start = tokens.find(pieces)
  if start < 0:
    return words
  end = start + len(pieces) - 1
  of_words = [i for i, char in enumerate(words) if char != " "]
  of_tokens = [i for i, char in enumerate(tokens) if char != " "]
  if len(of_words) != len(of_tokens):
    return words
  if start not in of_tokens or end not in of_tokens:
    return words
  first, last = (of_words[of_tokens.index(place)] for place in (start, end))
  return words[first : last + 1]


@st.composite
def _answers(draw):
  """Words, pieces of them or of others, and whether text is lower-cased."""
  lower = draw(st.booleans())
  words = " ".join(draw(st.lists(TEXTS, min_size=1, max_size=4))).strip()
  of = words if draw(st.booleans()) else draw(TEXTS)
  found = text_reference.words(of, lower)
  start = draw(st.integers(0, len(found)))
  end = draw(st.integers(start, len(found)))
  return words, " ".join(found[start:end]), lower


def _windowing(given):
  return settings.WindowSettings(*given[2])


def _example(given):
  context, question, _ = given
  return reader.Example("1", question, reader.Context(context))


def _windows(given):
  made = examples.make(
    [_example(given)], _tokenizer(True), _windowing(given), True
  )
  return [(window.ids.tolist(), list(window.segment_ids)) for window in made]


def _plain_windows(given):
  found = squad_reference.features(
    _example(given), _tokenizer(True).vocab, True, _windowing(given)
  )
  rows = []
  for window in found:
    size = sum(window["input_mask"])
    rows.append((window["input_ids"][:size], window["segment_ids"][:size]))
  return rows


_CONTEXTS = st.lists(TEXTS, min_size=1, max_size=8).map(" ".join)
RULES = (
  Rule("tokens", st.tuples(TEXTS, st.booleans()), _tokens, _plain_tokens),
  Rule("text of an answer", _answers(), _final, _plain_final),
  Rule(
    "windows of a context",
    st.tuples(
      _CONTEXTS, TEXTS, st.sampled_from(((24, 5, 8), (40, 16, 12), (64, 1, 20)))
    ),
    _windows,
    _plain_windows,
  ),
)

"""From word pieces back to the text; the rules of `get_final_text`."""

import pytest
from absl import logging

import bert_tf
from bert_tf.tasks.squad import final_text

CASES = [
  ("steve smith", "Steve Smith's", "Steve Smith"),
  ("smith ' s", "Steve Smith's", "Smith's"),
  ("1895 - 1943", "(1895-1943)", "1895-1943"),
  ("naive cafe", "the naïve café.", "naïve café"),
  # Nothing to find: all of the words.
  ("[UNK] smith", "Steve Smith's", "Steve Smith's"),
  # Lower-casing makes a letter and an accent of one, which goes: aligned.
  ("istanbul", "(\u0130stanbul)", "\u0130stanbul"),
  # Decomposed, a syllable is three letters: not aligned, all of the words.
  ("b", "a\uac01 b", "a\uac01 b"),
  # A soft hyphen is dropped, the lengths differ.
  ("extraordinary", "(extra\u00adordinary)", "(extra\u00adordinary)"),
  # The place found may be within a word, where it stands first.
  ("b", "was built", "b"),
]


@pytest.mark.parametrize("pieces, words, want", CASES)
def test_cases(pieces, words, want):
  project = final_text.FinalText(bert_tf.TokenizerRules())
  assert project(pieces, words) == want
  assert project(pieces, words) == want  # out of the cache


def test_cased():
  project = final_text.FinalText(bert_tf.TokenizerRules(lower_case=False))
  assert project("Smith", "Steve Smith's") == "Smith"
  assert project("smith", "Steve Smith's") == "Steve Smith's"


def test_accents_that_are_kept():
  project = final_text.FinalText(bert_tf.TokenizerRules(strip_accents=False))
  assert project("naïve café", "the Naïve CAFÉ.") == "Naïve CAFÉ"
  assert project("cafe", "the CAFÉ.") == "the CAFÉ."


@pytest.mark.parametrize(
  "pieces, words, message",
  [
    ("x", "a b", "Unable to find text: 'x' in 'a b'"),
    ("extra", "extra\u00ad", "Length not equal after stripping spaces"),
    (" a", "b a", "Couldn't map start position of ' a' in 'b a'"),
    ("b ", "b a", "Couldn't map end position of 'b ' in 'b a'"),
  ],
)
def test_verbose_says_what_was_not_aligned(monkeypatch, pieces, words, message):
  rules = bert_tf.TokenizerRules()
  said = []
  monkeypatch.setattr(
    logging, "info", lambda text, *args: said.append(text % args)
  )
  assert final_text.FinalText(rules)(pieces, words) == words
  assert not said
  assert final_text.FinalText(rules, verbose=True)(pieces, words) == words
  assert len(said) == 1 and said[0].startswith(message)

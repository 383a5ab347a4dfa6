"""Every Unicode scalar value there is, alone and inside a word."""

import itertools

import pytest

from bert_tf.text import basic_tokenizer, full_tokenizer
from tests.text import reference

SCALARS = 0x110000 - 0x800  # Code points without the surrogates.


def scalar_values():
  return map(chr, itertools.chain(range(0xD800), range(0xE000, 0x110000)))


@pytest.mark.slow
@pytest.mark.parametrize("lower", [True, False], ids=["uncased", "cased"])
@pytest.mark.parametrize("around", ["{}", "a{}b"], ids=["alone", "inside"])
def test_every_character(uncased_vocab_file, lower, around):
  words_of = basic_tokenizer.BasicTokenizer(lower).tokenize
  tokenizer = full_tokenizer.FullTokenizer(uncased_vocab_file, lower)
  pieces = {}  # By word: most words come many times.
  compared = 0
  for char in scalar_values():
    text = around.format(char)
    words = reference.words(text, lower)
    assert words_of(text) == words, f"U+{ord(char):04X}"
    expected = []
    for word in words:
      if word not in pieces:
        pieces[word] = reference.pieces(word, tokenizer.vocab)
      expected += pieces[word]
    assert tokenizer.tokenize(text) == expected, f"U+{ord(char):04X}"
    compared += 1
  assert compared == SCALARS == 1_112_064

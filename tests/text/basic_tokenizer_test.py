import pytest

from bert_tf.text import basic_tokenizer


@pytest.mark.parametrize(
  ("text", "lower", "expected"),
  [
    ("", True, []),
    (
      " \tHeLLo!how  \n Are yoU?  ",
      True,
      ["hello", "!", "how", "are", "you", "?"],
    ),
    (
      " \tHeLLo!how  \n Are yoU?  ",
      False,
      ["HeLLo", "!", "how", "Are", "yoU", "?"],
    ),
    ("ah\u535a\u63a8zz", True, ["ah", "\u535a", "\u63a8", "zz"]),
    ("H\u00e9llo", True, ["hello"]),
    ("H\u00e9llo", False, ["H\u00e9llo"]),
    ("a\0b\ufffdc\u200dd", True, ["abcd"]),
    ("don't $5", True, ["don", "'", "t", "$", "5"]),
    # Dropped as a control character, though str.split() splits there ...
    ("a\x1cb\u0085c", True, ["abc"]),
    # ... and kept by the cleaning, then split by str.split().
    ("a\u2028b\u2029c", False, ["a", "b", "c"]),
    # The last sigma of a word, not of the text.
    ("ΣΑΣ ΣΑΣ", True, ["σας", "σας"]),
    ("ΣΑΣ中Σ", True, ["σας", "中", "σ"]),
    # Sharp s stays, unlike with case folding; a dotted capital I loses its dot.
    ("Straße İ", True, ["straße", "i"]),
    # Full-width forms and ligatures are not decomposed.
    ("ＡＢ ﬁ", True, ["ａｂ", "ﬁ"]),
    # Hangul syllables come apart into letters.
    ("한", True, ["\u1112\u1161\u11ab"]),
    ("한", False, ["한"]),
    # A Greek question mark becomes a semicolon, and so punctuation.
    ("a\u037eb", True, ["a", ";", "b"]),
    # Compatibility ideographs are set apart first, replaced afterwards.
    ("x\uf900y", True, ["x", "\u8c48", "y"]),
  ],
)
def test_tokenize(text, lower, expected):
  assert basic_tokenizer.BasicTokenizer(lower).tokenize(text) == expected


def test_lower_cases_by_default():
  assert basic_tokenizer.BasicTokenizer().tokenize("ABC") == ["abc"]


def test_bytes_are_utf8_and_broken_ones_dropped():
  text = "Caf\u00e9".encode() + b"\xff!"
  assert basic_tokenizer.BasicTokenizer(False).tokenize(text) == [
    "Caf\u00e9",
    "!",
  ]


def test_to_unicode_names_the_type():
  with pytest.raises(TypeError, match="type int, expected str or bytes: 3"):
    basic_tokenizer.to_unicode(3)


def test_whitespace_tokenize():
  assert basic_tokenizer.whitespace_tokenize(" a\u2003b\n") == ["a", "b"]
  assert basic_tokenizer.whitespace_tokenize(" ") == []

import pytest

from bert_tf.text import wordpiece_tokenizer

VOCAB = (
  *("[UNK]", "[CLS]", "wa", "want", "un", "runn", "ab", "abc"),
  *("##want", "##ed", "##ing", "##a", "##d"),
)


@pytest.fixture
def tokenizer():
  return wordpiece_tokenizer.WordpieceTokenizer(dict.fromkeys(VOCAB))


@pytest.mark.parametrize(
  ("text", "expected"),
  [
    ("", []),
    ("unwanted running", ["un", "##want", "##ed", "runn", "##ing"]),
    ("unwantedX running", ["[UNK]", "runn", "##ing"]),
    ("abcd", ["abc", "##d"]),
    # Greedy: "abc" is taken, though only "ab" leaves something that fits.
    ("abca", ["abc", "##a"]),
    ("abcb", ["[UNK]"]),
    ("##ed", ["##ed"]),  # A word that looks like a piece is one.
  ],
)
def test_tokenize(tokenizer, text, expected):
  assert tokenizer.tokenize(text) == expected


def test_bytes(tokenizer):
  assert tokenizer.tokenize(b"wa\xff") == ["wa"]


@pytest.mark.parametrize(("length", "known"), [(200, True), (201, False)])
def test_longest_word(length, known):
  tokenizer = wordpiece_tokenizer.WordpieceTokenizer({"a", "##a"})
  pieces = tokenizer.tokenize("a" * length)
  assert pieces == (["a"] + ["##a"] * (length - 1) if known else ["[UNK]"])


def test_other_limits():
  tokenizer = wordpiece_tokenizer.WordpieceTokenizer({"a", "##a"}, "?", 3)
  assert tokenizer.tokenize("aaa aaaa b") == ["a", "##a", "##a", "?", "?"]


def test_an_empty_piece_is_no_match():
  assert wordpiece_tokenizer.WordpieceTokenizer({"": 0, "##": 1}).tokenize(
    "a"
  ) == ["[UNK]"]

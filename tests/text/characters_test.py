import pytest

from bert_tf.text import characters


@pytest.mark.parametrize("char", [" ", "\t", "\n", "\r", "\u00a0", "\u3000"])
def test_whitespace(char):
  assert characters.is_whitespace(char)
  assert not characters.is_control(char)


# Line and paragraph separators are Zl and Zp: neither space nor control.
@pytest.mark.parametrize("char", ["a", "-", "\u200b", "\u2028", "\u2029"])
def test_not_whitespace(char):
  assert not characters.is_whitespace(char)


@pytest.mark.parametrize(
  "char", ["\0", "\x0b", "\x1c", "\x7f", "\u0085", "\u00ad", "\u200d", "\ufeff"]
)
def test_control(char):
  assert characters.is_control(char)


# Private use, unassigned and surrogate characters are kept.
@pytest.mark.parametrize("char", ["a", "\t", "\ue000", "\u0378", "\ud800"])
def test_not_control(char):
  assert not characters.is_control(char)


def test_ascii_punctuation():
  found = [chr(c) for c in range(128) if characters.is_punctuation(chr(c))]
  assert "".join(found) == "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


@pytest.mark.parametrize(
  ("char", "expected"),
  [("¿", True), ("—", True), ("。", True), ("€", False), ("×", False)],
)
def test_other_punctuation(char, expected):
  assert characters.is_punctuation(char) == expected


@pytest.mark.parametrize(
  ("code", "expected"),
  [
    (0x33FF, False),
    (0x3400, True),
    (0x4DBF, True),
    (0x4DC0, False),
    (0x4E00, True),
    (0x9FFF, True),
    (0xA000, False),
    (0xF900, True),
    (0x2A6DF, True),
    (0x2A6E0, False),
    (0x2A700, True),
    (0x2CEAF, True),
    (0x2CEB0, False),
    (0x2F800, True),
    (0x2FA20, False),
    (0x30000, False),
    (ord("ひ"), False),
    (ord("한"), False),
  ],
)
def test_chinese(code, expected):
  assert characters.is_chinese(code) == expected

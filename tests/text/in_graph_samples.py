"""Made-up strings on which tokenizers fall out with each other."""

import itertools
import random
import sys
import unicodedata


def _all(test):
  return [
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if not 0xD800 <= ord(char) < 0xE000 and test(char)
  ]


def _sort_of(*categories):
  return _all(lambda char: unicodedata.category(char) in categories)


LETTERS = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
MARKS_THAT_STAY = _all(
  lambda char: (
    unicodedata.combining(char) and unicodedata.category(char) != "Mn"
  )
)

# A string draws from a few of these.
ALPHABETS = {
  "ascii": [chr(code) for code in range(128)],
  "text": LETTERS + list("    .,'-?!0123456789#[]$"),
  "sigma": list("ΣΣΣσςΑΒαβ'’.·: -1中ʰͅ\u0301\u00ad\u200d\u1160\ufffd\x01Ⅷⓐ"),
  "marks": _all(unicodedata.combining),
  "reordered": MARKS_THAT_STAY
  + list("aé\u0301\u0316\u0344\u0901\u093c\u0cc6\u0ccb中 "),
  "other marks": _sort_of("Mn", "Mc", "Me"),
  "decomposed": _all(unicodedata.decomposition),
  "several": list("ΰŉǰẞßİIıſŉﬁ½…Å\u212a\u1e9eﬃǄǅ\u0d4b\u0bca\u0ddd\U0001d160"),
  "cased": _all(lambda char: char.lower() != char or char.upper() != char),
  "hangul": list("한글말ᄒ") + [chr(0xAC00 + 7 * n) for n in range(1500)],
  "jamo": [chr(code) for code in range(0x1100, 0x1200)] + list("가각ﾡ〮〯"),
  "cjk": list(
    "中文字\uf900\ufa0e\U00020000\U0002a700\U0002f800あアｱ。「ー々〇"
  ),
  "control": _sort_of("Cc", "Cf") + list("ab \ufffd"),
  "space": _all(str.isspace) + list("ab\u200b\u2060\ufeff"),
  "wide": [chr(code) for code in range(0xFF00, 0xFFF0)],
  "signs": _sort_of("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sk", "So"),
  "emoji": list("👩🏽💻❤\ufe0f\u200d🇺🇦🏳🌈1\ufe0f\u20e3☺\U000e0067"),
  "hebrew, arabic": list("שָׁלוֹם مُحَمَّد‏\u200e٠١،؟ לאآ"),
  "unassigned": list("a\u0378\ufdd0\ufffe\uffff\ue000\U000e0080\U0010ffff中"),
  "anything": _all(lambda char: True),
}

_BROKEN = [
  *(bytes([byte]) for byte in range(0x80, 0x100)),
  b"\xed\xa0\x80",  # surrogates
  b"\xed\xbf\xbf",
  b"\xed\xa0\xbd\xed\xb8\x80",
  b"\xc0\x80",  # longer than need be
  b"\xc1\xbf",
  b"\xe0\x80\xaf",
  b"\xe0\x9f\xbf",
  b"\xf0\x80\x80\xaf",
  b"\xf4\x90\x80\x80",  # past the last code point
  b"\xf8\x88\x80\x80\x80",
  b"\xe4\xb8",  # cut off
  b"\xf0\x9f\x98",
  b"\xc3",
]


def strings(count, seed):
  """Strings of a few characters each, in turns of one kind after the other."""
  rng = random.Random(seed)
  makers = itertools.cycle(
    [_mixture, _mixture, _mixture, _mixture, _long_word, _wordy]
  )
  return [maker(rng) for maker in itertools.islice(makers, count)]


def broken(count, seed):
  """UTF-8 with bytes in it that are none."""
  rng = random.Random(seed)
  found = []
  for _ in range(count):
    parts = [_mixture(rng).encode()[: rng.randint(0, 12)] for _ in range(3)]
    parts += rng.choices(_BROKEN, k=rng.randint(1, 4))
    rng.shuffle(parts)
    found.append(b"".join(parts))
  return found


def _mixture(rng):
  """Of one to three alphabets."""
  names = rng.sample(sorted(ALPHABETS), rng.randint(1, 3))
  size = rng.randint(0, 16)
  return "".join(rng.choice(ALPHABETS[rng.choice(names)]) for _ in range(size))


def _wordy(rng):
  """Words with something odd between them."""
  words = ["".join(rng.choices(LETTERS, k=rng.randint(1, 6))) for _ in range(4)]
  odd = ALPHABETS[rng.choice(sorted(ALPHABETS))]
  return "".join(word + rng.choice(odd) for word in words)


def _long_word(rng):
  """About as long as a word may be, before or after it loses accents."""
  size = rng.randint(196, 203)
  base = rng.choice(["a", "aé", "abc", "я", "한", "𝐀", "e\u0301", "\u302e"])
  if rng.random() < 0.5:
    base = base * (size // len(base)) + "a" * (size % len(base))
  else:
    base = base * size
  place = rng.randint(0, len(base))
  odd = rng.choice(ALPHABETS[rng.choice(sorted(ALPHABETS))])
  return f"x {base[:place]}{rng.choice(['', '', odd])}{base[place:]} y"

"""The tokenizer's rules, said plainly: one character after the other.

Written apart from `bert_tf.text`, which it shares nothing with, to check it and
to be timed against it. No tables, no caches, its own reading of Unicode.
"""

import re
import unicodedata

# Written out of the Unicode blocks: extensions C, D and E touch each other.
IDEOGRAPH = re.compile(
  "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
  "\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f]"
)


def clean(text: str) -> str:
  result = ""
  for char in text:
    category = unicodedata.category(char)
    if char in ("\t", "\n", "\r") or category == "Zs":
      result += " "
    elif category in ("Cc", "Cf") or ord(char) == 0xFFFD:
      continue
    elif IDEOGRAPH.match(char):
      result += " " + char + " "
    else:
      result += char
  return result


def is_sign(char: str) -> bool:
  if "!" <= char <= "~":
    return not char.isalnum()
  return unicodedata.category(char) in (
    "Pc",
    "Pd",
    "Ps",
    "Pe",
    "Pi",
    "Pf",
    "Po",
  )


def plain(word: str) -> str:
  decomposed = unicodedata.normalize("NFD", word.lower())
  return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def words(text: str, lower: bool) -> list[str]:
  found = []
  for word in clean(text).split():
    if lower:
      word = plain(word)
    run = ""
    for char in word:
      if is_sign(char):
        found += [run, char]
        run = ""
      else:
        run += char
    found.append(run)
  return [part for word in found for part in word.split()]


def pieces(word: str, vocab) -> list[str]:
  if len(word) > 200:
    return ["[UNK]"]
  found = []
  rest = word
  while rest:
    mark = "##" if found else ""
    size = len(rest)
    while size and mark + rest[:size] not in vocab:
      size -= 1
    if size == 0:
      return ["[UNK]"]
    found.append(mark + rest[:size])
    rest = rest[size:]
  return found


def tokenize(text: str, vocab, lower: bool) -> list[str]:
  return [piece for word in words(text, lower) for piece in pieces(word, vocab)]

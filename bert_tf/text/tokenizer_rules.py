"""The rules of a tokenizer: case, accents, ideographs, the longest word."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Self

# Names in files, which are Hugging Face's, and ours.
STORED = {
  "do_lower_case": "lower_case",
  "strip_accents": "strip_accents",
  "tokenize_chinese_chars": "split_cjk",
  "max_input_chars_per_word": "max_input_chars_per_word",
}


@dataclasses.dataclass(frozen=True)
class TokenizerRules:
  """How text becomes words, and which words are too long to be cut.

  Attributes:
    lower_case: Whether text is lower-cased.
    strip_accents: Whether text is decomposed (NFD) and loses its nonspacing
      marks. None, as in Hugging Face's files, stands for `lower_case`.
    split_cjk: Whether each CJK ideograph is a word of its own.
    max_input_chars_per_word: Longer words become [UNK].
  """

  lower_case: bool = True
  strip_accents: bool | None = None
  split_cjk: bool = True
  max_input_chars_per_word: int = 200

  def __post_init__(self) -> None:
    if self.strip_accents is None:
      object.__setattr__(self, "strip_accents", self.lower_case)
    for field in dataclasses.fields(self):
      value = getattr(self, field.name)
      if expected := _expected_instead(field.name, value):
        raise ValueError(f"{field.name}={value!r}, expected {expected}")

  @classmethod
  def from_lower_case(cls, do_lower_case: bool) -> Self:
    """The original's rules, of its uncased or of its cased models."""
    return cls(lower_case=do_lower_case)

  @functools.cached_property
  def has_original_words(self) -> bool:
    """Whether the original has these rules for words.

    It knows two sets, and they are followed as its program follows them. Other
    sets come from Hugging Face's files, and words are then those of its package
    `tokenizers`, which lower-cases each character by itself (no final sigma),
    drops private-use characters, and leaves U+2B820 to U+2B91F unsplit.
    """
    return self.split_cjk and self.strip_accents == self.lower_case

  @functools.cached_property
  def has_final_sigma(self) -> bool:
    """Whether a capital sigma at the end of a word becomes a final one."""
    return self.lower_case and self.has_original_words

  def to_dict(self) -> dict[str, Any]:
    """As stored in files: the case, and what differs from the original's."""
    usual = TokenizerRules.from_lower_case(self.lower_case)
    return {
      key: getattr(self, name)
      for key, name in STORED.items()
      if name == "lower_case" or getattr(self, name) != getattr(usual, name)
    }


def _expected_instead(name: str, value: Any) -> str:
  """What a field expects, if the value is not valid for it; else nothing."""
  if name != "max_input_chars_per_word":
    return "" if isinstance(value, bool) else "true or false"
  is_count = isinstance(value, int) and not isinstance(value, bool)
  return "" if is_count and value > 0 else "a whole number above 0"


def stated(
  values: Mapping[str, Any],
  path: str,
  names: Mapping[str, str] = STORED,
  where: str = "",
) -> dict[str, Any]:
  """The rules that a file states, by the names of the fields; perhaps none.

  Args:
    values: What the file says; keys that are not in `names` are left alone.
    path: The file, for the message.
    names: The fields by the file's keys.
    where: What stands before the keys in the message.

  Raises:
    ValueError: A value is not valid; the message names the file and the key.
  """
  found = {}
  for key, name in names.items():
    if key not in values:
      continue
    value = found[name] = values[key]
    expected = _expected_instead(name, value)
    if expected and not (name == "strip_accents" and value is None):
      raise ValueError(
        f"{path}: {where}{key} is {value!r}, expected {expected}"
      )
  return found


def merged(sources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
  """What several files state together.

  Args:
    sources: As `stated` gives them, by the names of the files.

  Raises:
    ValueError: Two files contradict each other.
  """
  found: dict[str, Any] = {}
  by: dict[str, str] = {}
  lower_case = [s["lower_case"] for s in sources.values() if "lower_case" in s]
  for source, rules in sources.items():
    for name, value in rules.items():
      if value is None and lower_case:
        value = lower_case[0]  # of accents, which follow the case
      if found.setdefault(name, value) != value:
        raise ValueError(
          f"{by[name]} and {source} contradict each other: {name} is "
          f"{found[name]} in one and {value} in the other; change the wrong one"
        )
      by.setdefault(name, source)
  return found

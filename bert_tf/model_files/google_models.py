"""Google's BERT models: what each is, and where its zip lies.

Source: README.md and multilingual.md of google-research/bert.
"""

import dataclasses
import difflib
import re

_POSITIONS = 512
_SEGMENTS = 2
_BYTES = 4  # float32

ENGLISH = "English"
# Pieces of the vocabularies: vocab_size of bert_config.json, and vocab.txt.
_UNCASED, _CASED = 30522, 28996


@dataclasses.dataclass(frozen=True)
class GoogleModel:
  """One model.

  Attributes:
    date: The directory of its zip: the day of its release.
    name: Name of its zip and of its folder.
    cased: Whether case and accents are kept; --do_lower_case is the contrary.
    languages: The languages that it was trained on.
    vocab_size: Pieces of its vocabulary.
    layers: Encoder layers.
    hidden_size: Width of the encoder.
    heads: Attention heads of a layer.
    weights_sha256: SHA-256 of bert_model.ckpt.data-00000-of-00001; None if it
      is not known.
  """

  date: str
  name: str
  cased: bool
  languages: str
  vocab_size: int
  layers: int
  hidden_size: int
  heads: int
  weights_sha256: str | None = None

  @property
  def path(self) -> str:
    """`DATE/NAME`, which no other model has."""
    return f"{self.date}/{self.name}"

  @property
  def weights_bytes(self) -> int:
    """Size of the weights: encoder, pooler and both heads of pre-training."""
    width, inner = self.hidden_size, 4 * self.hidden_size
    rows = self.vocab_size + _POSITIONS + _SEGMENTS
    attention = 4 * (width * width + width)
    feed_forward = width * inner + inner + inner * width + width
    block = attention + feed_forward + 4 * width  # two LayerNorms
    dense = width * width + width
    masked_lm = dense + 2 * width + self.vocab_size
    next_sentence = 2 * width + 2
    numbers = (
      rows * width
      + 2 * width
      + self.layers * block
      + dense  # the pooler
      + masked_lm
      + next_sentence
    )
    return numbers * _BYTES


# Date, name, cased, languages, vocabulary size.
_RELEASED = (
  ("2018_10_18", "uncased_L-12_H-768_A-12", False, ENGLISH, _UNCASED),
  ("2018_10_18", "uncased_L-24_H-1024_A-16", False, ENGLISH, _UNCASED),
  ("2018_10_18", "cased_L-12_H-768_A-12", True, ENGLISH, _CASED),
  ("2018_10_18", "cased_L-24_H-1024_A-16", True, ENGLISH, _CASED),
  ("2019_05_30", "wwm_uncased_L-24_H-1024_A-16", False, ENGLISH, _UNCASED),
  ("2019_05_30", "wwm_cased_L-24_H-1024_A-16", True, ENGLISH, _CASED),
  ("2018_11_23", "multi_cased_L-12_H-768_A-12", True, "104 languages", 119547),
  (
    "2018_11_03",
    "multilingual_L-12_H-768_A-12",
    False,
    "102 languages",
    105879,
  ),
  ("2018_11_03", "chinese_L-12_H-768_A-12", False, "Chinese", 21128),
)
# The 24 small ones; the last is BERT-Base, trained again.
_SMALL = tuple(
  (
    "2020_02_20",
    f"uncased_L-{layers}_H-{width}_A-{width // 64}",
    False,
    ENGLISH,
    _UNCASED,
  )
  for layers in (2, 4, 6, 8, 10, 12)
  for width in (128, 256, 512, 768)
)
# As others have published them, too.
_WEIGHTS = {
  "2018_10_18/uncased_L-12_H-768_A-12": (
    "58580dc5e0bf0ae0d2efd51d0e8272b2f808857f0a43a88aaf7549da6d7a8a84"
  ),
  "2018_10_18/uncased_L-24_H-1024_A-16": (
    "bc6b3363e3be458c99ecf64b7f472d2b7c67534fd8f564c0556a678f90f4eea1"
  ),
  "2018_10_18/cased_L-12_H-768_A-12": (
    "734d5a1b68bf98d4e9cb6b6692725d00842a1937af73902e51776905d8f760ea"
  ),
  "2018_10_18/cased_L-24_H-1024_A-16": (
    "6ff33640f40d472f7a16af0c17b1179ca9dcc0373155fb05335b6a4dd1657ef0"
  ),
  "2018_11_23/multi_cased_L-12_H-768_A-12": (
    "55b8a2df41f69c60c5180e50a7c31b7cdf6238909390c4ddf05fbc0d37aa1ac5"
  ),
  "2018_11_03/multilingual_L-12_H-768_A-12": (
    "3cd83912ebeb0efe2abf35c9f1d5a515d8e80295e61c49b75c8853f756658429"
  ),
  "2018_11_03/chinese_L-12_H-768_A-12": (
    "756699356b78ad0ef1ca9ba6528297bcb3dd1aef5feadd31f4775d7c7fc989ba"
  ),
}
_SIZES = re.compile(r"_L-(\d+)_H-(\d+)_A-(\d+)$")


def _model(
  date: str, name: str, cased: bool, languages: str, vocab_size: int
) -> GoogleModel:
  sizes = _SIZES.search(name)
  assert sizes, name
  layers, width, heads = map(int, sizes.groups())
  path = f"{date}/{name}"
  return GoogleModel(
    date,
    name,
    cased,
    languages,
    vocab_size,
    layers,
    width,
    heads,
    _WEIGHTS.get(path),
  )


MODELS = tuple(_model(*row) for row in (*_RELEASED, *_SMALL))


def find(name: str) -> GoogleModel | None:
  """The model of a name, `NAME` or `DATE/NAME`; None if there is none.

  Of two models of one name it is the older: `uncased_L-12_H-768_A-12` is
  BERT-Base of 2018, `2020_02_20/uncased_L-12_H-768_A-12` the one of 2020.
  """
  for model in MODELS:
    if name in (model.name, model.path):
      return model
  return None


def similar(name: str, count: int = 3) -> list[str]:
  """Names of models that start like `name` or resemble it."""
  known = {model.name.lower(): model.name for model in MODELS}
  started = [lower for lower in known if lower.startswith(name.lower())]
  near = started or difflib.get_close_matches(name.lower(), known, count)
  return [known[lower] for lower in near[:count]]

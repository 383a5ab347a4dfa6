"""Answers as lines, for people and as JSON."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bert_tf.tasks.masked_lm import examples, predictor

# A line's answer: as JSON, and as text.
Row = tuple[dict[str, Any], str]
Answer = Callable[
  [predictor.MaskFiller, Sequence[str], Sequence[examples.Encoded]],
  Iterator[Row],
]


def _fill(
  filler: predictor.MaskFiller,
  texts: Sequence[str],
  encoded: Sequence[examples.Encoded],
) -> Iterator[Row]:
  found = filler.fill_encoded(encoded)
  for text, one, filled in zip(texts, encoded, found, strict=True):
    masks = [
      {
        "position": at,
        "predictions": [guess._asdict() for guess in own],
      }
      for at, own in zip(one.masks, filled.masks, strict=True)
    ]
    shown = [
      "  " + ", ".join(f"{x.token} {x.probability:.4f}" for x in own)
      for own in filled.masks
    ]
    yield {"text": text, "masks": masks}, "\n".join([text, *shown])


def _perplexity(
  filler: predictor.MaskFiller,
  texts: Sequence[str],
  encoded: Sequence[examples.Encoded],
) -> Iterator[Row]:
  found = filler.likelihood_encoded(encoded)
  for text, one in zip(texts, found, strict=True):
    perplexity = one.perplexity
    row = {"text": text, **one._asdict(), "perplexity": perplexity}
    yield row, f"{perplexity:.4f}\t{text}"


def _next_sentence(
  filler: predictor.MaskFiller,
  texts: Sequence[str],
  encoded: Sequence[examples.Encoded],
) -> Iterator[Row]:
  found = filler.next_sentence_encoded(encoded)
  for text, follows in zip(texts, found, strict=True):
    yield {"text": text, "is_next": follows}, f"{follows:.6f}\t{text}"


BY_MODE: dict[str, Answer] = {
  "fill": _fill,
  "perplexity": _perplexity,
  "next_sentence": _next_sentence,
}

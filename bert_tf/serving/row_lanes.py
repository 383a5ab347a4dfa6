"""How requests of exports are cut into rows, and answers put together again.

Rows of texts and rows of ids are different lanes. Texts of a model whose
answers are those of their ids are tokenized here, and join the lane of ids.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.inputs import encoded_texts, model_inputs
from bert_tf.serving import batch_plan, row_batcher, service_errors
from bert_tf.text import full_tokenizer

Arrays = Mapping[str, npt.NDArray[Any]]
TEXT, IDS = "serving_default", "ids"
_POSITIONS = "masked_lm_positions"
# Kinds whose signature `serving_default` answers as `ids` does.
BY_IDS = ("encoder", "sentence", "classifier", "regressor", "multilabel")
# Outputs of `ids` with an axis of tokens, and the input that has it too.
_TOKEN_OUTPUTS = {
  "sequence_output": "input_ids",
  "input_ids": "input_ids",
  "input_mask": "input_ids",
  "segment_ids": "input_ids",
  "start_logits": "input_ids",
  "end_logits": "input_ids",
  "masked_lm_logits": _POSITIONS,
}
_TAGGER_OUTPUTS = {"logits": "input_ids"}
# Outputs of `serving_default` that are as long as what they are about.
_LISTED = {
  "tagger": ("words", "tags", "probabilities"),
  "masked_lm": ("tokens", "probabilities"),
  "pretrainer": ("tokens", "probabilities"),
}
_LEAST_LISTED = {"tagger": 0, "masked_lm": 1, "pretrainer": 1}


@dataclasses.dataclass(frozen=True)
class RowLanes:
  """The rows of an export's requests.

  Attributes:
    kind: The model's, one of `export_settings.MODEL_TYPES`.
    tokenizer: The model's.
    max_seq_length: Most tokens of a text, of kinds that truncate.
    longest: Most tokens that the model takes.
    limits: Ids, segments: each has to be below.
    max_text_tokens: Most tokens of a text, of kinds that do not truncate.
  """

  kind: str
  tokenizer: full_tokenizer.FullTokenizer
  max_seq_length: int
  longest: int
  limits: Mapping[str, int]
  max_text_tokens: int

  def of_texts(
    self, texts: Sequence[str], pairs: Sequence[str] | None
  ) -> row_batcher.Ticket:
    """A request of texts and second texts.

    Raises:
      ServiceError: A text is too long.
    """
    if self.kind in BY_IDS:
      both = zip(texts, pairs or [""] * len(texts), strict=True)
      features = encoded_texts.encode(both, self.tokenizer, self.max_seq_length)
      lengths = [int(x) for x in features["input_mask"].sum(1)]
      rows = [
        {name: x[i, :length] for name, x in features.items()}
        for i, length in enumerate(lengths)
      ]
      return row_batcher.Ticket(IDS, rows, lengths)
    lengths = self._lengths(texts, pairs)
    if max(lengths) > self.max_text_tokens:
      raise service_errors.ServiceError(
        "too_large",
        f"text {int(np.argmax(lengths))} has {max(lengths)} tokens, at most "
        f"{self.max_text_tokens} are taken; cut it into several",
      )
    given = [{"text": text} for text in texts]
    if pairs is not None:
      for row, pair in zip(given, pairs, strict=True):
        row["text_pair"] = pair
    return row_batcher.Ticket(TEXT, given, lengths)

  def _lengths(
    self, texts: Sequence[str], pairs: Sequence[str] | None
  ) -> list[int]:
    """Tokens of texts, [CLS] and both [SEP] included."""
    count = np.diff(self.tokenizer.encode_many(texts)[1])
    if pairs is not None:
      count = count + np.diff(self.tokenizer.encode_many(pairs)[1])
    return [int(x) + 3 for x in count]

  def of_ids(self, given: Arrays) -> row_batcher.Ticket:
    """A request of ids.

    Args:
      given: int32 [B, S] by name; `masked_lm_positions` [B, P].

    Raises:
      ServiceError: They are not what the model takes.
    """
    length = self._check_ids(given)
    rows = [
      {name: x[i] for name, x in given.items()}
      for i in range(len(given["input_ids"]))
    ]
    return row_batcher.Ticket(IDS, rows, [length] * len(rows))

  def _check_ids(self, given: Arrays) -> int:
    shape = given["input_ids"].shape
    for name, value in given.items():
      expected = shape if name != _POSITIONS else (shape[0], *value.shape[1:])
      if value.shape != expected or value.ndim != 2:
        raise _invalid(
          f"{name} has the shape {list(value.shape)}, expected "
          f"{list(expected)} as input_ids"
        )
    if not 1 <= shape[1] <= self.longest:
      raise _invalid(
        f"input_ids has rows of {shape[1]} tokens, expected 1 to {self.longest}"
      )
    for name, limit in ({_POSITIONS: shape[1]} | dict(self.limits)).items():
      if name in given and given[name].size:
        lowest, highest = int(given[name].min()), int(given[name].max())
        if lowest < 0 or highest >= limit:
          wrong = lowest if lowest < 0 else highest
          raise _invalid(f"{name} has {wrong}, expected 0 to {limit - 1}")
    return int(shape[1])

  def batch(self, lane: str, rows: Sequence[row_batcher.Row]) -> Arrays:
    """The inputs of rows as one batch; of ids perhaps with rows added."""
    if lane == TEXT:
      return {
        name: np.array([row[name].encode() for row in rows], object)
        for name in rows[0]
      }
    widths = [len(row["input_ids"]) for row in rows]
    real = [int(row["input_mask"].sum()) for row in rows]
    shape = batch_plan.shape(real, max(widths), self.longest)
    count = len(rows) + len(shape.fillers)
    arrays = {
      name: np.zeros([count, shape.length], np.int32)
      for name in model_inputs.NAMES
    }
    if _POSITIONS in rows[0]:
      most = max(len(row[_POSITIONS]) for row in rows)
      arrays[_POSITIONS] = np.zeros([count, most], np.int32)
    for index, row in enumerate(rows):
      for name, value in row.items():
        arrays[name][index, : len(value)] = value
    for index, tokens in enumerate(shape.fillers, len(rows)):
      arrays["input_mask"][index, :tokens] = 1
    return arrays

  def split(
    self, lane: str, rows: Sequence[row_batcher.Row], outputs: Arrays
  ) -> list[row_batcher.Row]:
    """The answers of each row, without padding."""
    if lane == TEXT:
      return [self._listed(outputs, i) for i in range(len(rows))]
    of_tokens = _TAGGER_OUTPUTS if self.kind == "tagger" else _TOKEN_OUTPUTS
    return [
      {
        name: value[i, : len(row[of_tokens[name]])]
        if name in of_tokens
        else value[i]
        for name, value in outputs.items()
      }
      for i, row in enumerate(rows)
    ]

  def _listed(self, outputs: Arrays, index: int) -> row_batcher.Row:
    listed = _LISTED.get(self.kind, ())
    row = {name: value[index] for name, value in outputs.items()}
    if listed:
      certain = row["probabilities"]  # [words] or [masks, K]
      count = int((certain > 0).reshape(len(certain), -1).any(axis=1).sum())
      row |= {name: row[name][:count] for name in listed}
    return row

  def join(self, lane: str, rows: Sequence[row_batcher.Row]) -> Arrays:
    """The answers of rows as the model gives those of a request alone."""
    least = _LEAST_LISTED.get(self.kind, 0) if lane == TEXT else 0
    listed = _LISTED.get(self.kind, ()) if lane == TEXT else _TOKEN_OUTPUTS
    if lane == IDS and self.kind == "tagger":
      listed = _TAGGER_OUTPUTS
    return {
      name: _padded([row[name] for row in rows], least)
      if name in listed
      else _stacked([row[name] for row in rows])
      for name in rows[0]
    }


def _stacked(values: Sequence[Any]) -> npt.NDArray[Any]:
  """Values of rows as one array."""
  if isinstance(values[0], bytes):
    return np.array(values, object)
  return np.stack(values)


def _padded(arrays: Sequence[npt.NDArray[Any]], least: int) -> Any:
  """Arrays [N, ...] of different N as one, padded with 0 or ""."""
  most = max(least, *(len(x) for x in arrays))
  first = arrays[0]
  empty: Any = b"" if first.dtype == object else 0
  found = np.full([len(arrays), most, *first.shape[1:]], empty, first.dtype)
  for row, array in zip(found, arrays, strict=True):
    row[: len(array)] = array
  return found


def _invalid(message: str) -> service_errors.ServiceError:
  return service_errors.ServiceError("invalid", message)

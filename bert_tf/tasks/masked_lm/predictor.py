"""What a pre-trained model says: masked words, likelihoods, likely pairs."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bert_tf.inputs import model_inputs
from bert_tf.tasks.masked_lm import examples
from bert_tf.text import full_tokenizer, text_lines
from bert_tf.training import batch_predictor

_AT_ONCE = 4096  # sequences handed to the model together


class Guess(NamedTuple):
  """A piece that may stand for [MASK]."""

  token: str
  probability: float


class Likelihood(NamedTuple):
  """How likely the model finds a text.

  Attributes:
    pieces: Pieces that were masked, one after the other.
    log_likelihood: The sum of the logarithms of their probabilities.
  """

  pieces: int
  log_likelihood: float

  @property
  def perplexity(self) -> float:
    """The pseudo-perplexity; source: Salazar et al., arXiv 1910.14659."""
    return math.exp(-self.log_likelihood / self.pieces)


class Answerer:
  """Asks one model.

  Args:
    model: A `BertPretrainer`.
    tokenizer: The model's.
    max_seq_length: The most tokens; None is what the model allows.
    batch_size: Sequences of a batch.
    strategy: Where the model was made; None is here.
  """

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    max_seq_length: int | None = None,
    batch_size: int = 32,
    strategy: Any = None,
  ):
    most = model.config.max_position_embeddings
    self.model = model
    self.tokenizer = tokenizer
    self.max_seq_length = min(max_seq_length or most, most)
    self.batch_size = batch_size
    self.strategy = strategy or tf.distribute.get_strategy()

  def fill(
    self, texts: Sequence[str], top_k: int = 5
  ) -> list[list[list[Guess]]]:
    """The likeliest pieces for each [MASK] of each text or "a ||| b".

    Returns:
      `top_k` guesses, the likeliest first, for each [MASK] of each text.

    Raises:
      TypeError: `texts` is one string.
      ValueError: A text is too long; the message names it.
    """
    encoded = self.encode(texts)
    return list(self.fill_encoded(encoded, top_k))

  def likelihood(self, texts: Sequence[str]) -> list[Likelihood]:
    """How likely each text is: each piece masked in turn; raises as `fill`."""
    return list(self.likelihood_encoded(self.encode(texts)))

  def next_sentence(self, texts: Sequence[tuple[str, str]]) -> list[float]:
    """The probability that the second text of each pair follows the first.

    Pairs that are too long are cut as in pre-training.
    """
    encoded = [
      examples.encode(
        text_lines.Line(*pair),
        self.tokenizer,
        self.max_seq_length,
        may_cut=True,
      )
      for pair in texts
    ]
    return list(self.next_sentence_encoded(encoded))

  def encode(
    self, texts: Sequence[str], may_cut: bool = False, name: str = "texts"
  ) -> list[examples.Encoded]:
    """Makes sequences of texts; `name` is for the message of an error."""
    if isinstance(texts, str):
      raise TypeError("texts is one string; give a list of them")
    encoded = []
    for number, text in enumerate(texts):
      try:
        encoded.append(
          examples.encode(
            text_lines.parse(text), self.tokenizer, self.max_seq_length, may_cut
          )
        )
      except ValueError as error:
        raise ValueError(f"{name}, line {number + 1}: {error}") from None
    return encoded

  def fill_encoded(
    self, encoded: Sequence[examples.Encoded], top_k: int
  ) -> Iterator[list[list[Guess]]]:
    """As `fill`, of sequences."""
    top_k = min(top_k, self.model.config.vocab_size)
    per_token = ("ids", "probabilities")
    for chosen, results in self._ask(encoded, _Best(top_k), per_token):
      for row, one in enumerate(chosen):
        yield [
          self._guesses(
            results["ids"][row, i], results["probabilities"][row, i]
          )
          for i in range(len(one.masks))
        ]

  def _guesses(self, ids: Any, probabilities: Any) -> list[Guess]:
    known = self.tokenizer.inv_vocab  # the model may have more rows than that
    return [
      Guess(known.get(int(i), f"[{int(i)}]"), float(p))
      for i, p in zip(ids, probabilities, strict=True)
    ]

  def likelihood_encoded(
    self, encoded: Sequence[examples.Encoded]
  ) -> Iterator[Likelihood]:
    """As `likelihood`, of sequences."""
    start = 0
    while start < len(encoded):
      end, count = start, 0  # as many lines as make so many sequences
      while end < len(encoded) and (end == start or count < _AT_ONCE):
        count += len(encoded[end].pieces)
        end += 1
      chosen = encoded[start:end]
      masked = [(one, at) for one in chosen for at in one.pieces]
      sums = iter(self._log_likelihoods(masked))
      for one in chosen:
        own = [next(sums) for _ in one.pieces]
        yield Likelihood(len(own), math.fsum(own))
      start = end

  def _log_likelihoods(
    self, masked: Sequence[tuple[examples.Encoded, int]]
  ) -> list[float]:
    """Of the piece at a place of a sequence, when it is masked there."""
    if not masked:
      return []
    ids = [self._ids(one) for one, _ in masked]
    places = np.array([at for _, at in masked], np.int32)
    rows = np.arange(len(masked))
    inputs = model_inputs.stack(ids, [one.segment_ids for one, _ in masked])
    wanted = inputs["input_ids"][rows, places]
    inputs["input_ids"][rows, places] = self.tokenizer.vocab[examples.MASK]
    inputs |= {
      "masked_lm_positions": places[:, None],
      "wanted": wanted[:, None],
    }
    found = batch_predictor.predict(
      self.strategy, self.model, _log_likelihood, inputs, self.batch_size
    )
    return [float(x) for x in found["log_likelihood"]]

  def next_sentence_encoded(
    self, encoded: Sequence[examples.Encoded]
  ) -> Iterator[float]:
    """As `next_sentence`, of sequences."""
    for _, results in self._ask(encoded, _follows):
      yield from map(float, results["follows"])

  def _ask(
    self,
    encoded: Sequence[examples.Encoded],
    call: batch_predictor.Call,
    per_token: Sequence[str] = (),
  ) -> Iterator[tuple[Sequence[examples.Encoded], dict[str, Any]]]:
    """Applies the model to all sequences, many at a time, in order."""
    for start in range(0, len(encoded), _AT_ONCE):
      chosen = encoded[start : start + _AT_ONCE]
      inputs = model_inputs.stack(
        [self._ids(one) for one in chosen],
        [one.segment_ids for one in chosen],
      )
      masks = [one.masks for one in chosen]
      places = np.zeros([len(chosen), max(1, *map(len, masks))], np.int32)
      for row, own in enumerate(masks):
        places[row, : len(own)] = own
      inputs["masked_lm_positions"] = places
      yield (
        chosen,
        batch_predictor.predict(
          self.strategy,
          self.model,
          call,
          inputs,
          self.batch_size,
          per_token,
        ),
      )

  def _ids(self, one: examples.Encoded) -> list[int]:
    return self.tokenizer.convert_tokens_to_ids(one.tokens)


@dataclasses.dataclass(frozen=True)
class _Best:
  """The likeliest pieces for each mask."""

  top_k: int

  def __call__(self, model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
    logits = model(batch).masked_lm_logits  # [B*P, V]
    found = tf.math.top_k(tf.nn.softmax(logits), self.top_k)
    places = tf.shape(batch["masked_lm_positions"])  # [B, P]
    shape = tf.concat([places, [self.top_k]], axis=0)
    return {
      "ids": tf.reshape(found.indices, shape),
      "probabilities": tf.reshape(found.values, shape),
    }


def _log_likelihood(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  logits = model(batch).masked_lm_logits  # [B, V]
  wanted = tf.reshape(batch["wanted"], [-1])  # [B]
  losses = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits)
  return {"log_likelihood": -losses}


def _follows(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  logits = model(batch).next_sentence_logits  # [B, 2]
  return {"follows": tf.nn.softmax(logits)[:, 0]}  # class 1 is "random"

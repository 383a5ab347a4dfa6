"""Predictions of a pre-trained model: masked words, likelihoods, pairs."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bert_tf.checkpoints import model_folder
from bert_tf.inputs import model_inputs
from bert_tf.models import pretrainer
from bert_tf.tasks.masked_lm import examples
from bert_tf.text import full_tokenizer, text_lines
from bert_tf.training import batch_predictor, text_predictor

Text = str | tuple[str, str | None]
_PAIR_HEAD = "cls/seq_relationship/output_weights"


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


@dataclasses.dataclass(frozen=True)
class FilledText:
  """The prediction for one text.

  Attributes:
    masks: For each [MASK] the most probable word pieces, best first.
  """

  masks: tuple[tuple[Guess, ...], ...]


class MaskFiller(text_predictor.TextPredictor[Text, FilledText]):
  """Fills in [MASK]; also scores texts and pairs of sentences.

  A text is a string, a pair of strings, or a pair written as "a ||| b".

  Args:
    model: A `BertPretrainer`.
    tokenizer: The model's tokenizer.
    top_k: Number of predictions for each [MASK].
    max_seq_length: Maximum sequence length in tokens; longer texts are an
      error. None for the longest that the model supports.
    batch_size: Number of sequences computed at once.
    strategy: The strategy the model was created under; None for the current
      one.
    at_once: Number of sequences that are batched by length together.
  """

  needed_tokens = (examples.MASK,)

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    top_k: int = 5,
    max_seq_length: int | None = None,
    batch_size: int = 32,
    strategy: Any = None,
    at_once: int = 4096,
  ):
    super().__init__(model, tokenizer, max_seq_length, batch_size, strategy)
    if top_k < 1:
      raise ValueError(f"top_k={top_k} is below 1")
    self.top_k = min(top_k, model.config.vocab_size)
    self.at_once = at_once

  @classmethod
  def _make_model(
    cls, folder: model_folder.ModelFolder, **kwargs: Any
  ) -> pretrainer.BertPretrainer:
    has_pairs = _PAIR_HEAD in folder.reader.shapes
    return pretrainer.BertPretrainer(
      folder.config, has_next_sentence=has_pairs, **kwargs
    )

  def _answer(self, texts: Sequence[Text]) -> list[FilledText]:
    return list(self.fill_encoded(self.encode(texts)))

  def likelihood(self, texts: Sequence[Text]) -> list[Likelihood]:
    """How likely each text is, each of its pieces masked in turn."""
    return list(self.likelihood_encoded(self.encode(texts)))

  def next_sentence(self, texts: Sequence[Text]) -> list[float]:
    """The probability that the second text of each pair follows the first.

    Pairs that are too long are cut as in pre-training.

    Raises:
      ValueError: The model has no head for that, or a text is no pair.
    """
    if self.model.next_sentence is None:
      raise ValueError(
        f"the model has no head of next sentences ({_PAIR_HEAD}); take a "
        "checkpoint that was pre-trained with it"
      )
    encoded = self.encode(texts, may_cut=True)
    for number, text in enumerate(texts):
      if isinstance(text, str) and text_lines.parse(text).text_b is None:
        raise ValueError(
          f"texts, line {number + 1}: found one text, expected a pair"
        )
    return list(self.next_sentence_encoded(encoded))

  def encode(
    self, texts: Sequence[Text], may_cut: bool = False, name: str = "texts"
  ) -> list[examples.Encoded]:
    """Makes sequences of texts.

    Args:
      texts: Texts or pairs.
      may_cut: Whether longer ones are cut; otherwise they are an error.
      name: Of the texts, for the message.

    Raises:
      TypeError: `texts` is one string.
      ValueError: A text is too long; the message names it.
    """
    if isinstance(texts, str):
      raise TypeError("texts is one string; give a list of them")
    encoded = []
    for number, text in enumerate(texts):
      line = (
        text_lines.parse(text)
        if isinstance(text, str)
        else text_lines.Line(*text)
      )
      try:
        encoded.append(
          examples.encode(line, self.tokenizer, self.max_seq_length, may_cut)
        )
      except ValueError as error:
        raise ValueError(f"{name}, line {number + 1}: {error}") from None
    return encoded

  def fill_encoded(
    self, encoded: Sequence[examples.Encoded]
  ) -> Iterator[FilledText]:
    """Fills in the masks of encoded texts."""
    per_token = ("ids", "probabilities")
    for chosen, results in self._ask(encoded, _Best(self.top_k), per_token):
      for row, one in enumerate(chosen):
        ids, probabilities = results["ids"][row], results["probabilities"][row]
        yield FilledText(
          tuple(
            self._guesses(ids[i], probabilities[i])
            for i in range(len(one.masks))
          )
        )

  def _guesses(self, ids: Any, probabilities: Any) -> tuple[Guess, ...]:
    known = self.tokenizer.inv_vocab  # the model may have more rows than that
    return tuple(
      Guess(known.get(int(i), f"[{int(i)}]"), float(p))
      for i, p in zip(ids, probabilities, strict=True)
    )

  def likelihood_encoded(
    self, encoded: Sequence[examples.Encoded]
  ) -> Iterator[Likelihood]:
    """As `likelihood`, of sequences."""
    start = 0
    while start < len(encoded):
      end, count = start, 0  # as many lines as make so many sequences
      while end < len(encoded) and (end == start or count < self.at_once):
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
    for start in range(0, len(encoded), self.at_once):
      chosen = encoded[start : start + self.at_once]
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

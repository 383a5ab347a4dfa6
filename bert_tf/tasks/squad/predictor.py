"""A trained model's answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf.tasks.squad import answer_decoder, reader
from bert_tf.tasks.squad import examples as features_lib
from bert_tf.text import full_tokenizer
from bert_tf.training import batch_predictor

_SAY_EVERY = 1000  # windows


def answer(
  model: Any,
  questions: Sequence[str],
  contexts: Sequence[str],
  tokenizer: full_tokenizer.FullTokenizer,
  windows: features_lib.WindowSettings | None = None,
  settings: answer_decoder.DecodingSettings | None = None,
  batch_size: int = 8,
  by_length: bool = True,
) -> list[answer_decoder.Decoded]:
  """Answers questions, each by a span of its context.

  Args:
    model: A fine-tuned `BertSpanLabeler`.
    questions: One each.
    contexts: The text for each question.
    tokenizer: The model's.
    windows: How contexts are cut; by default as run_squad does, to no more
      tokens than the model has positions.
    settings: How answers are chosen; the case is the tokenizer's.
    batch_size: Windows computed at once.
    by_length: As of `span_logits`.

  Returns:
    For each question `answer` (the text), `nbest` with probabilities, and with
    `version_2_with_negative` `null_odds`.

  Raises:
    ValueError: There are not as many contexts as questions.
  """
  if len(questions) != len(contexts):
    raise ValueError(
      f"{len(questions)} questions and {len(contexts)} contexts; give each "
      "question its context"
    )
  if windows is None:
    positions = model.config.max_position_embeddings
    windows = _windows_of_at_most(positions)
  if settings is None:
    settings = answer_decoder.DecodingSettings()
  shared = {text: reader.Context(text) for text in contexts}
  examples = [
    reader.Example(str(index), question, shared[context])
    for index, (question, context) in enumerate(
      zip(questions, contexts, strict=True)
    )
  ]
  features = list(features_lib.make_features(examples, tokenizer, windows))
  columns = features_lib.columns(features, windows.max_seq_length)
  starts, ends = span_logits(
    tf.distribute.get_strategy(), model, columns, batch_size, by_length
  )
  decoded = answer_decoder.decode(
    examples, features, starts, ends, settings, tokenizer.rules
  )
  return list(decoded.values())


def _windows_of_at_most(positions: int) -> features_lib.WindowSettings:
  """The usual windows, smaller in proportion where the model is."""
  usual = features_lib.WindowSettings()
  if positions >= usual.max_seq_length:
    return usual
  share = positions / usual.max_seq_length
  return features_lib.WindowSettings(
    positions,
    max(1, int(usual.doc_stride * share)),
    max(1, int(usual.max_query_length * share)),
  )


def span_logits(
  strategy: Any,
  model: Any,
  columns: Mapping[str, npt.NDArray[Any]],
  batch_size: int,
  by_length: bool,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
  """The scores of all tokens as starts and ends, [N, S] each.

  Args:
    strategy: Where the model was made.
    model: A `BertSpanLabeler`.
    columns: Features as `features.columns` gives them.
    batch_size: Windows computed at once.
    by_length: Whether windows of about equal length are computed together,
      without the padding of `max_seq_length`. Padding then has the score
      -inf. In the original it has a score as tokens have, and now and then
      takes one of the `n_best_size` places of starts and ends.
  """
  inputs = {name: columns[name] for name in features_lib.MODEL_INPUTS}
  if not len(inputs["input_ids"]):
    nothing = np.zeros(inputs["input_ids"].shape, np.float32)
    return nothing, nothing
  results = batch_predictor.predict(
    strategy,
    model,
    _scores,
    inputs,
    batch_size,
    per_token=("start", "end"),
    by_length=by_length,
    progress=_Progress(len(inputs["input_ids"])),
  )
  start, end = results["start"], results["end"]
  if by_length:
    is_token = inputs["input_mask"] > 0
    start = np.where(is_token, start, -np.inf)
    end = np.where(is_token, end, -np.inf)
  return start, end


def _scores(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  output = model(batch)
  return {"start": output.start, "end": output.end}


class _Progress:
  """Says now and then how many windows are done."""

  def __init__(self, total: int):
    self._total = total
    self._done = 0

  def __call__(self, count: int) -> None:
    before = self._done
    self._done += count
    if before // _SAY_EVERY != self._done // _SAY_EVERY:
      logging.info("%d of %d windows done", self._done, self._total)

"""Prediction of answers to questions, as spans of a context."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf.checkpoints import model_folder
from bert_tf.models import span_labeler
from bert_tf.tasks.squad import answer_decoder, examples, reader, settings
from bert_tf.text import full_tokenizer
from bert_tf.training import batch_predictor, text_predictor

_SAY_EVERY = 1000  # windows

Pair = tuple[str, str]


class QuestionAnswerer(
  text_predictor.TextPredictor[Pair, answer_decoder.SpanAnswer]
):
  """Answers questions. A text is a pair of a question and its context.

  Args:
    model: A fine-tuned `BertSpanLabeler`.
    tokenizer: The model's tokenizer.
    windows: How contexts are split into windows; by default run_squad's
      defaults, scaled down if the model has fewer positions.
    decoding: How answers are chosen; by default run_squad's defaults.
    batch_size: Number of windows computed at once.
    by_length: As of `span_logits`.
    answer_alignment: As of `DecodingSettings`, where `decoding` leaves it open.
      A folder records how its model was trained.
  """

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    windows: settings.WindowSettings | None = None,
    decoding: settings.DecodingSettings | None = None,
    batch_size: int = 8,
    by_length: bool = True,
    answer_alignment: str | None = None,
  ):
    longest = model.config.max_position_embeddings
    self.windows = windows or settings.WindowSettings.of_at_most(longest)
    model.config.check_length(self.windows.max_seq_length)
    super().__init__(model, tokenizer, self.windows.max_seq_length, batch_size)
    decoding = decoding or settings.DecodingSettings()
    self.decoding = dataclasses.replace(
      decoding, answer_alignment=decoding.answer_alignment or answer_alignment
    )
    self.by_length = by_length

  @classmethod
  def _make_model(
    cls, folder: model_folder.ModelFolder, **kwargs: Any
  ) -> span_labeler.BertSpanLabeler:
    return span_labeler.BertSpanLabeler(folder.config, **kwargs)

  @classmethod
  def _arguments(
    cls, folder: model_folder.ModelFolder, given: Mapping[str, Any]
  ) -> dict[str, Any]:
    del given
    told = folder.run.settings if folder.run else {}
    return {"answer_alignment": settings.trained_alignment(told)}

  def _answer(self, texts: Sequence[Pair]) -> list[answer_decoder.SpanAnswer]:
    for index, pair in enumerate(texts):
      is_pair = isinstance(pair, tuple | list) and len(pair) == 2
      if not is_pair or not all(isinstance(text, str) for text in pair):
        raise TypeError(
          f"texts[{index}] is {pair!r}, expected a question and its context"
        )
    contexts = {context: reader.Context(context) for _, context in texts}
    questions = [
      reader.Example(str(index), question, contexts[context])
      for index, (question, context) in enumerate(texts)
    ]
    windows = list(examples.make(questions, self.tokenizer, self.windows))
    starts, ends = span_logits(
      self.strategy,
      self.model,
      examples.columns(windows, self.windows.max_seq_length),
      self.batch_size,
      self.by_length,
    )
    decoded = answer_decoder.decode(
      questions,
      windows,
      starts,
      ends,
      self.decoding,
      self.tokenizer.rules,
    )
    return list(decoded.values())


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
    columns: Windows as `examples.columns` gives them.
    batch_size: Windows computed at once.
    by_length: Whether windows of about equal length are computed together,
      without the padding of `max_seq_length`. Padding then has the score
      -inf. In the original it has a score as tokens have, and now and then
      takes one of the `n_best_size` places of starts and ends.
  """
  inputs = {name: columns[name] for name in examples.MODEL_INPUTS}
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

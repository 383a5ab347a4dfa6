"""Whether a SavedModel that was written answers as the library does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_tf.export import text_modules
from bert_tf.inputs import encoded_texts
from bert_tf.tasks.masked_lm import predictor as masked_lm_predictor
from bert_tf.tasks.multiple_choice import (
  examples as multiple_choice_examples,
)
from bert_tf.tasks.multiple_choice import (
  predictor as multiple_choice_predictor,
)
from bert_tf.tasks.multiple_choice import questions
from bert_tf.tasks.squad import predictor as squad_predictor
from bert_tf.tasks.squad import settings as squad_settings
from bert_tf.tasks.tagging import predictor as tagging_predictor
from bert_tf.text import full_tokenizer

_STORY = (
  "The lighthouse at Cape Wren was lit in 1871. Its keeper, Ada Moran, wrote "
  "down every ship that passed: «Où va-t-elle ?» she asked of one. "
)
_PAIRS = (
  ("The kettle sang before anybody woke.", ""),
  ("Is it raining, Zoë?", "It is raining: take the umbrella."),
  ("", ""),
  ("雪が降る 🙂 naïve ΟΔΟΣ", "No."),
)
_MASKED = (
  ("The [MASK] sang before [MASK] woke.", "So did [MASK]."),
  ("Nothing is hidden here.", ""),
)
_QUESTIONS = (
  ("When was the lighthouse lit?", _STORY),
  ("Who asked?", _STORY * 12),
  ("Why?", ""),
)
_CHOICES = (
  ("The kettle sang.", ("Ada woke.", "It is Zoë's umbrella.", "")),
  ("", ("雪が降る", "No.", "naïve")),
)
_TOLERANCE = {"float32": 1e-4, "bfloat16": 0.1}

Answers = Mapping[str, Any]
# Texts and second texts, or choices.
Samples = Sequence[tuple[str, Any]]


def samples(model_type: str) -> Samples:
  """Texts and second texts to try a kind of model with."""
  return _KINDS.get(model_type, (_PAIRS, _Library.plain))[0]


def check(
  written: Mapping[str, Callable[..., Answers]],
  module: text_modules.Served,
  tokenizer: full_tokenizer.FullTokenizer,
) -> None:
  """Compares the answers of a SavedModel with the library's.

  In bfloat16 only numbers are compared, and roughly: the most likely of two
  about equal answers is anybody's guess.

  Args:
    written: The signatures of the SavedModel, loaded.
    module: What it was written from.
    tokenizer: The reference.

  Raises:
    RuntimeError: They differ; the message says where.
  """
  settings = module.settings
  rough = settings.precision != "float32"
  samples, answer = _KINDS.get(settings.model_type, (_PAIRS, _Library.plain))
  columns = list(zip(*samples, strict=True))
  given = {
    name: tf.constant(column)
    for name, column in zip(module.text_inputs, columns, strict=False)
  }
  expected = answer(_Library(module, tokenizer), samples)
  found = written["serving_default"](**given)
  compare(expected, found, _TOLERANCE[settings.precision], rough)
  features = _features(module, samples, tokenizer)
  compare(
    module.from_ids(features),
    written["ids"](**features),
    _TOLERANCE[settings.precision],
    rough,
  )


def compare(
  expected: Answers, found: Answers, tolerance: float, rough: bool = False
) -> None:
  """Compares arrays by name.

  Args:
    expected: Those to be found; others are not looked at.
    found: Those found.
    tolerance: Of numbers.
    rough: Whether strings and whole numbers may differ.

  Raises:
    RuntimeError: They differ.
  """
  for name, value in expected.items():
    want, have = np.asarray(value), np.asarray(found[name])
    exact = have.dtype.kind not in "f"
    if exact and rough:
      continue
    if want.shape != have.shape:
      same = False
    elif exact:
      same = bool(np.array_equal(want.astype(have.dtype), have))
    else:
      same = bool(np.allclose(want, have, tolerance, tolerance))
    if not same:
      raise RuntimeError(
        f"the exported model differs from the library in {name!r} on a sample: "
        f"found {have!r}, expected {want!r}; nothing was exported"
      )


def _features(
  module: text_modules.Served,
  samples: Samples,
  tokenizer: full_tokenizer.FullTokenizer,
) -> dict[str, Any]:
  length = min(module.settings.max_seq_length, 64)
  if samples is _CHOICES:
    asked = [
      questions.Question("", text, _there(choices), None)
      for text, choices in samples
    ]
    features = multiple_choice_examples.make(asked, tokenizer, length, 3)
    del features[multiple_choice_examples.LABELS]
  else:
    features = encoded_texts.encode(samples, tokenizer, length)
  if "masked_lm_positions" in module.id_inputs:
    features["masked_lm_positions"] = np.ones([len(samples), 2], np.int32)
  return {name: tf.constant(value) for name, value in features.items()}


class _Library:
  """What the library answers to samples, as an export would say it."""

  def __init__(
    self, module: text_modules.Served, tokenizer: full_tokenizer.FullTokenizer
  ):
    self._module = module
    self._settings = module.settings
    self._model = module.model
    self._tokenizer = tokenizer

  def plain(self, samples: Samples) -> Answers:
    """Texts by the reference tokenizer, and the model."""
    features = encoded_texts.encode(
      samples, self._tokenizer, self._settings.max_seq_length
    )
    answers = self._module.from_ids(
      {name: tf.constant(x) for name, x in features.items()}
    )
    # Of these the padding differs.
    per_token = {"sequence_output", *self._module.id_inputs}
    return {k: v for k, v in answers.items() if k not in per_token}

  def answered(self, samples: Samples) -> Answers:
    """Answers to questions, "" where there is no context."""
    settings = self._settings
    answerer = squad_predictor.QuestionAnswerer(
      self._model,
      self._tokenizer,
      squad_settings.WindowSettings(
        settings.max_seq_length, settings.doc_stride, settings.max_query_length
      ),
      squad_settings.DecodingSettings(
        settings.n_best_size,
        settings.max_answer_length,
        settings.do_lower_case,
        settings.version_2_with_negative,
        settings.null_score_diff_threshold,
        answer_alignment=settings.answer_alignment,
      ),
      by_length=not settings.pad_windows,
    )
    answers = [
      found.answer if context else ""
      for found, (_, context) in zip(answerer(samples), samples, strict=True)
    ]
    return {"answer": _bytes(answers)}

  def tagged(self, samples: Samples) -> Answers:
    """Words and their labels."""
    tagger = tagging_predictor.WordTagger(
      self._model,
      self._tokenizer,
      self._settings.labels,
      self._settings.max_seq_length,
    )
    found = [
      list(zip(one.words, one.labels, strict=True))
      for one in tagger([text for text, _ in samples])
    ]
    both = _bytes(_padded(found, ("", "")))  # [B, words, 2]
    return {"words": both[..., 0], "tags": both[..., 1]}

  def chosen(self, samples: Samples) -> Answers:
    """Which choices are selected, and how probable each is."""
    selector = multiple_choice_predictor.ChoiceSelector(
      self._model, self._tokenizer, self._settings.max_seq_length
    )
    found = selector([(text, _there(choices)) for text, choices in samples])
    probabilities = _padded([one.probabilities for one in found], 0.0)
    return {
      "index": np.array([one.index for one in found]),
      "choice": _bytes([one.choice for one in found]),
      "probabilities": np.array(probabilities, np.float32),
    }

  def filled(self, samples: Samples) -> Answers:
    """The likeliest pieces for each [MASK], [B, masks, K]."""
    filler = self._filler()
    texts = [" ||| ".join(filter(None, pair)) for pair in samples]
    filled = filler.fill_encoded(filler.encode(texts, may_cut=True))
    nothing = (masked_lm_predictor.Guess("", 0.0),) * filler.top_k
    found = _padded([one.masks for one in filled], nothing)
    tokens = [[[g.token for g in mask] for mask in row] for row in found]
    numbers = [[[g.probability for g in mask] for mask in row] for row in found]
    return {
      "tokens": _bytes(tokens),
      "probabilities": np.array(numbers, np.float32),
    }

  def filled_and_followed(self, samples: Samples) -> Answers:
    """As `filled`, and whether the second text follows the first."""
    follows = self._filler().next_sentence(samples)
    return {
      **self.filled(samples),
      "next_sentence_probability": np.array(follows, np.float32),
    }

  def _filler(self) -> masked_lm_predictor.MaskFiller:
    return masked_lm_predictor.MaskFiller(
      self._model,
      self._tokenizer,
      self._settings.top_k,
      self._settings.max_seq_length,
    )


def _there(choices: Sequence[str]) -> tuple[str, ...]:
  """The choices without the empty ones, which are none."""
  return tuple(filter(None, choices))


def _padded(rows: Sequence[Sequence[Any]], nothing: Any) -> list[list[Any]]:
  """Rows of one length, at least 1, `nothing` behind the shorter ones."""
  most = max(1, *map(len, rows))
  return [[*row, *[nothing] * (most - len(row))] for row in rows]


def _bytes(texts: Any) -> Any:
  """Nested lists of texts as an array of UTF-8."""
  return np.char.encode(np.array(texts), "utf-8")


_KINDS: dict[str, tuple[Samples, Callable[[_Library, Samples], Answers]]] = {
  "span": (_QUESTIONS, _Library.answered),
  "tagger": (_QUESTIONS[1:] + _PAIRS, _Library.tagged),
  "multiple_choice": (_CHOICES, _Library.chosen),
  "masked_lm": (_MASKED, _Library.filled),
  "pretrainer": (_MASKED, _Library.filled_and_followed),
}

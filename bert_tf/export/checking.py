"""Whether a written SavedModel answers as the library does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_tf.data import sequences
from bert_tf.export import served
from bert_tf.tasks.fill_mask import answering as filling
from bert_tf.tasks.squad import answering, decoding
from bert_tf.tasks.squad import features as squad_features
from bert_tf.tasks.tagging import predicting
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
_TOLERANCE = {"float32": 1e-4, "bfloat16": 0.1}

Answers = Mapping[str, Any]


def check(
  path: str,
  module: served.Served,
  tokenizer: full_tokenizer.FullTokenizer,
) -> None:
  """Loads a SavedModel and compares its answers with the library's.

  In bfloat16 only numbers are compared, and roughly: the most likely of two
  about equal answers is anybody's guess.

  Args:
    path: The SavedModel.
    module: What it was written from.
    tokenizer: The reference.

  Raises:
    RuntimeError: They differ; the message says where.
  """
  loaded = tf.saved_model.load(path).signatures
  settings = module.settings
  rough = settings.precision != "float32"
  samples, answer = _KINDS.get(settings.model_type, (_PAIRS, _plain))
  columns = list(zip(*samples, strict=True))
  given = {
    name: tf.constant(column)
    for name, column in zip(module.text_inputs, columns, strict=False)
  }
  expected = answer(module, samples, tokenizer)
  found = loaded["serving_default"](**given)
  compare(expected, found, _TOLERANCE[settings.precision], rough)
  features = _features(module, samples, tokenizer)
  compare(
    module.from_ids(features),
    loaded["ids"](**features),
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
  module: served.Served,
  samples: Sequence[tuple[str, str]],
  tokenizer: full_tokenizer.FullTokenizer,
) -> dict[str, Any]:
  length = min(module.settings.max_seq_length, 64)
  features = sequences.encode(samples, tokenizer, length)
  if "masked_lm_positions" in module.id_inputs:
    features["masked_lm_positions"] = np.ones([len(samples), 2], np.int32)
  return {name: tf.constant(value) for name, value in features.items()}


def _plain(
  module: served.Served,
  samples: Sequence[tuple[str, str]],
  tokenizer: full_tokenizer.FullTokenizer,
) -> Answers:
  """Texts by the reference tokenizer, and the model."""
  features = sequences.encode(
    samples, tokenizer, module.settings.max_seq_length
  )
  answers = module.from_ids({k: tf.constant(v) for k, v in features.items()})
  # Of these the padding differs.
  per_token = {"sequence_output", *module.id_inputs}
  return {k: v for k, v in answers.items() if k not in per_token}


def _answered(
  module: served.Served,
  samples: Sequence[tuple[str, str]],
  tokenizer: full_tokenizer.FullTokenizer,
) -> Answers:
  settings = module.settings
  found = answering.answer(
    module.model,
    [question for question, _ in samples],
    [context for _, context in samples],
    tokenizer,
    squad_features.WindowSettings(
      settings.max_seq_length, settings.doc_stride, settings.max_query_length
    ),
    decoding.DecodingSettings(
      settings.n_best_size,
      settings.max_answer_length,
      settings.do_lower_case,
      settings.version_2_with_negative,
      settings.null_score_diff_threshold,
    ),
    by_length=not settings.pad_windows,
  )
  has_context = [bool(context) for _, context in samples]
  answers = [
    one.answer if has else ""
    for one, has in zip(found, has_context, strict=True)
  ]
  return {"answer": [answer.encode() for answer in answers]}


def _tagged(
  module: served.Served,
  samples: Sequence[tuple[str, str]],
  tokenizer: full_tokenizer.FullTokenizer,
) -> Answers:
  settings = module.settings
  found = predicting.tag(
    module.model,
    [text for text, _ in samples],
    tokenizer,
    settings.labels,
    settings.max_seq_length,
  )
  most = max(map(len, found))
  padded = [row + [("", "")] * (most - len(row)) for row in found]
  both = np.char.encode(np.array(padded), "utf-8")  # [B, words, 2]
  return {"words": both[..., 0], "tags": both[..., 1]}


def _filled(
  module: served.Served,
  samples: Sequence[tuple[str, str]],
  tokenizer: full_tokenizer.FullTokenizer,
) -> Answers:
  answerer = filling.Answerer(
    module.model, tokenizer, module.settings.max_seq_length
  )
  texts = [" ||| ".join(filter(None, pair)) for pair in samples]
  found = answerer.fill(texts, module.settings.top_k)
  most = max(map(len, found))
  shape = (len(samples), most, len(found[0][0]))
  tokens = np.full(shape, b"", object)
  probabilities = np.zeros(shape, np.float32)
  for row, masks in enumerate(found):
    for at, guesses in enumerate(masks):
      tokens[row, at] = [guess.token.encode() for guess in guesses]
      probabilities[row, at] = [guess.probability for guess in guesses]
  return {"tokens": tokens, "probabilities": probabilities}


def _filled_and_followed(
  module: served.Served,
  samples: Sequence[tuple[str, str]],
  tokenizer: full_tokenizer.FullTokenizer,
) -> Answers:
  answerer = filling.Answerer(
    module.model, tokenizer, module.settings.max_seq_length
  )
  return {
    **_filled(module, samples, tokenizer),
    "next_sentence_probability": np.array(
      answerer.next_sentence(samples), np.float32
    ),
  }


_Answer = Callable[..., Answers]
_KINDS: dict[str, tuple[Sequence[tuple[str, str]], _Answer]] = {
  "span": (_QUESTIONS, _answered),
  "tagger": (_QUESTIONS[1:] + _PAIRS, _tagged),
  "masked_lm": (_MASKED, _filled),
  "pretrainer": (_MASKED, _filled_and_followed),
}

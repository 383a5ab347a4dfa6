"""Texts to the inputs of a model, and its outputs to answers, by kind.

What the functions of `export/` compute in the graph of a SavedModel, in NumPy.
Answers are those of `export/saved_model_predictor.py` to a text alone.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.inputs import model_inputs
from bert_tf.runtimes import engines, runtime_folder
from bert_tf.tasks.masked_lm import examples as masked_lm_examples
from bert_tf.tasks.tagging import examples as tagging_examples
from bert_tf.text import text_lines, text_pairs

MASKS_A_ROW = 8  # that LiteRT's models of masked words take
_MULTILABEL_THRESHOLD = 0.5

Answer = dict[str, Any]
Lines = Sequence[text_lines.Line]
Array = npt.NDArray[Any]


def encode(
  lines: Lines, folder: runtime_folder.RuntimeFolder
) -> dict[str, npt.NDArray[np.int32]]:
  """Model inputs [N, S] of texts or pairs, S the longest."""
  tokenizer = folder.tokenizer
  sequences = [
    text_pairs.sequence(
      tokenizer.tokenize(line.text_a),
      tokenizer.tokenize(line.text_b or ""),
      folder.settings.max_seq_length,
    )
    for line in lines
  ]
  return model_inputs.stack(
    [tokenizer.convert_tokens_to_ids(x.tokens) for x in sequences],
    [x.segment_ids for x in sequences],
  )


def _each(of_row: Callable[..., Answer]) -> Callable[..., Iterator[Answer]]:
  """Answers of one row a text."""

  def answer(
    lines: Lines, folder: runtime_folder.RuntimeFolder, run: engines.Engine
  ) -> Iterator[Answer]:
    inputs = encode(lines, folder)
    for row, outputs in enumerate(run(inputs)):
      count = int(inputs[engines.MASK][row].sum())
      own = {name: x[row, :count] for name, x in inputs.items()}
      yield of_row(outputs, own, folder.settings)

  return answer


def _encoder(outputs: engines.Row, inputs: Answer, settings: Any) -> Answer:
  del settings
  sequence = outputs["sequence_output"][: len(inputs[engines.MASK])]
  return {**inputs, **outputs, "sequence_output": sequence}


def _sentence(outputs: engines.Row, inputs: Answer, settings: Any) -> Answer:
  del inputs, settings
  return dict(outputs)


def _classifier(outputs: engines.Row, inputs: Answer, settings: Any) -> Answer:
  del inputs
  logits = outputs["logits"]
  return {
    "label": settings.labels[int(np.argmax(logits))],
    "probabilities": softmax(logits),
    "logits": logits,
  }


def _multilabel(outputs: engines.Row, inputs: Answer, settings: Any) -> Answer:
  del inputs
  logits = outputs["logits"]
  probabilities = np.exp(-np.logaddexp(np.float32(0), -logits))
  likely = zip(settings.labels, probabilities, strict=True)
  return {
    "label": ",".join(x for x, p in likely if p > _MULTILABEL_THRESHOLD),
    "probabilities": probabilities,
    "logits": logits,
  }


def _tagger(
  lines: Lines, folder: runtime_folder.RuntimeFolder, run: engines.Engine
) -> Iterator[Answer]:
  settings, tokenizer = folder.settings, folder.tokenizer
  sentences = [line.text_a.split() for line in lines]
  windows = tagging_examples.make(sentences, tokenizer, settings.max_seq_length)
  inputs = tagging_examples.inputs(windows, tokenizer)
  length = inputs[engines.MASK].shape[1]
  found = [softmax(x["logits"][:length]) for x in run(inputs)]  # [S, C] each
  # Where each word's first token is among those of all windows.
  numbers = np.arange(len(windows) * length).reshape(len(windows), length)
  places = tagging_examples.gather(windows, numbers, list(map(len, sentences)))
  for words, own in zip(sentences, places, strict=True):
    rows = [found[place // length][place % length] for place in own]
    yield {
      "words": words,
      "tags": [settings.labels[int(np.argmax(row))] for row in rows],
      "probabilities": [row.max() for row in rows],
    }


def _masked_lm(
  lines: Lines, folder: runtime_folder.RuntimeFolder, run: engines.Engine
) -> Iterator[Answer]:
  """A row for each `MASKS_A_ROW` masks of a text, one at least."""
  tokenizer, settings = folder.tokenizer, folder.settings
  encoded = [
    masked_lm_examples.encode(
      line, tokenizer, settings.max_seq_length, may_cut=True
    )
    for line in lines
  ]
  rows = [
    (text, one.masks[first : first + MASKS_A_ROW])
    for text, one in enumerate(encoded)
    for first in range(0, max(len(one.masks), 1), MASKS_A_ROW)
  ]
  inputs = model_inputs.stack(
    [tokenizer.convert_tokens_to_ids(encoded[i].tokens) for i, _ in rows],
    [encoded[i].segment_ids for i, _ in rows],
  )
  positions = np.zeros([len(rows), MASKS_A_ROW], np.int32)
  for row, (_, masks) in enumerate(rows):
    positions[row, : len(masks)] = masks
  answers: list[Answer] = [{"tokens": [], "probabilities": []} for _ in lines]
  outputs = run(inputs | {engines.POSITIONS: positions})
  for (text, masks), found in zip(rows, outputs, strict=True):
    _fill(answers[text], found, len(masks), folder)
  yield from answers


def _fill(
  answer: Answer,
  outputs: engines.Row,
  masks: int,
  folder: runtime_folder.RuntimeFolder,
) -> None:
  """Adds the likeliest pieces of a row's masks; of no mask "" and 0."""
  known = folder.tokenizer.inv_vocab  # the model may have more rows than that
  for logits in outputs["masked_lm_logits"][: max(masks, 1)]:
    best = np.argsort(-logits, kind="stable")[: folder.settings.top_k]
    tokens = [known.get(int(i), f"[{int(i)}]") for i in best]
    answer["tokens"].append(tokens if masks else [""] * len(best))
    found = softmax(logits)[best]
    answer["probabilities"].append(found if masks else np.zeros_like(found))
  if "next_sentence_logits" in outputs:
    follows = softmax(outputs["next_sentence_logits"])[0]  # 1 is "random"
    answer["next_sentence_probability"] = follows


def softmax(logits: Array) -> Array:
  """Probabilities over the last axis."""
  found = np.exp(logits - logits.max(axis=-1, keepdims=True))
  return found / found.sum(axis=-1, keepdims=True)


# Of texts; a SavedModel of the kind gives the same.
BY_KIND: dict[str, Callable[..., Iterator[Answer]]] = {
  "encoder": _each(_encoder),
  "sentence": _each(_sentence),
  "classifier": _each(_classifier),
  "multilabel": _each(_multilabel),
  "regressor": _each(_sentence),
  "tagger": _tagger,
  "masked_lm": _masked_lm,
  "pretrainer": _masked_lm,
}

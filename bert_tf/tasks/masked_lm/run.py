"""Lines in, answers of a pre-trained model out."""

import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from absl import logging

from bert_tf import bert_config, files
from bert_tf.checkpoints import formats, loader
from bert_tf.models import pretrainer
from bert_tf.tasks import model_tokenizer
from bert_tf.tasks.masked_lm import examples, predictor
from bert_tf.text import checkpoint_case, text_lines
from bert_tf.training import device_strategy, dtype_policies

MODES = ("fill", "perplexity", "next_sentence")
FORMATS = ("plain", "json")
_STANDARD_INPUT = "standard input"
_OF_PAIRS = ("bert/pooler/", "cls/seq_relationship/")


@dataclasses.dataclass(frozen=True)
class FillMaskSettings:
  """What fill_mask is told, device flags apart.

  Attributes:
    vocab_file: Of the model.
    init_checkpoint: A checkpoint of a pre-training.
    mode: One of `MODES`.
    input_file: One text or pair ("a ||| b") a line; None is standard input.
    output_file: Where answers go; None is standard output.
    output_format: One of `FORMATS`.
    top_k: Guesses for a [MASK].
    do_lower_case: True for uncased models.
    max_seq_length: The most tokens; None is what the model allows.
    batch_size: Sequences computed at once.
  """

  vocab_file: str
  init_checkpoint: str
  mode: str = "fill"
  input_file: str | None = None
  output_file: str | None = None
  output_format: str = "plain"
  top_k: int = 5
  do_lower_case: bool = True
  max_seq_length: int | None = None
  batch_size: int = 32

  def __post_init__(self) -> None:
    for name, value, known in (
      ("mode", self.mode, MODES),
      ("output_format", self.output_format, FORMATS),
    ):
      if value not in known:
        raise ValueError(
          f"{name}={value!r} is not known; it is one of {', '.join(known)}"
        )
    for name, number, least in (
      ("top_k", self.top_k, 1),
      ("batch_size", self.batch_size, 1),
      ("max_seq_length", self.max_seq_length, 3),
    ):
      if number is not None and number < least:
        raise ValueError(f"{name}={number} is below {least}")


def run(
  config: bert_config.BertConfig,
  settings: FillMaskSettings,
  devices: device_strategy.DeviceSettings,
) -> int:
  """Answers all lines.

  Returns:
    How many there were.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: A setting, line or checkpoint does not fit; see the message.
  """
  checkpoint_case.validate_case_matches_checkpoint(
    settings.do_lower_case, settings.init_checkpoint
  )
  if settings.max_seq_length is not None:
    config.check_length(settings.max_seq_length)
  if settings.output_file is not None:
    inputs = [settings.input_file] if settings.input_file else []
    files.check_output(settings.output_file, inputs, "output_file")
  tokenizer = model_tokenizer.load(
    config, settings.vocab_file, settings.do_lower_case, [examples.MASK]
  )
  name = settings.input_file or _STANDARD_INPUT
  texts = _read(settings.input_file)
  strategy = device_strategy.create(devices)
  with strategy.scope():
    model = pretrainer.BertPretrainer(
      config, devices.kind == "tpu", dtype_policies.policy(devices.precision)
    )
  answerer = predictor.Answerer(
    model, tokenizer, settings.max_seq_length, settings.batch_size, strategy
  )
  encoded = answerer.encode(texts, settings.mode == "next_sentence", name)
  _check(encoded, settings.mode, name)
  load(model, settings.init_checkpoint, settings.mode)
  rows = _ANSWERS[settings.mode](answerer, texts, encoded, settings)
  _write(rows, settings)
  return len(texts)


def load(model: Any, init_checkpoint: str, mode: str) -> None:
  """Loads the model; what is for pairs only is needed for pairs only.

  Raises:
    ValueError: A variable is missing.
  """
  reader = formats.reader(init_checkpoint, model.config)
  report = loader.load(model.variables, reader)
  missing = [
    name
    for name in report.missing
    if mode == "next_sentence" or not name.startswith(_OF_PAIRS)
  ]
  if missing:
    raise ValueError(
      f"{init_checkpoint}: {len(missing)} variables of the model are not in "
      f"the checkpoint, {', '.join(missing[:3])} ...; mode={mode} needs a "
      "checkpoint of a pre-training, with its heads"
    )


def _read(path: str | None) -> list[str]:
  """The lines of a file, or of standard input."""
  name = path or _STANDARD_INPUT
  if path is None:
    data = sys.stdin.buffer.read()
  elif not files.is_remote(path) and os.path.isdir(path):
    raise IsADirectoryError(f"{path} is a folder; expected a text file")
  else:
    with files.open_file(path) as reader:
      data = reader.read()
  if not data:
    raise ValueError(f"{name} is empty; expected one text or pair a line")
  return [line.strip() for line in text_lines.decode_lines(data, name)]


def _check(encoded: Sequence[examples.Encoded], mode: str, name: str) -> None:
  """Checks that each line holds what the mode is about."""
  for number, one in enumerate(encoded):
    found, expected = {
      "fill": (bool(one.masks), f"{examples.MASK} for a word to be filled in"),
      "perplexity": (bool(one.pieces), "a text"),
      "next_sentence": (one.is_pair, 'two texts with " ||| " between them'),
    }[mode]
    if not found:
      raise ValueError(
        f"{name}, line {number + 1}: expected {expected}, found none "
        f"(mode={mode})"
      )


# A line's answer: as JSON, and as text.
_Row = tuple[dict[str, Any], str]
_Answers = Callable[
  [
    predictor.Answerer,
    Sequence[str],
    Sequence[examples.Encoded],
    FillMaskSettings,
  ],
  Iterator[_Row],
]


def _fill(
  answerer: predictor.Answerer,
  texts: Sequence[str],
  encoded: Sequence[examples.Encoded],
  settings: FillMaskSettings,
) -> Iterator[_Row]:
  found = answerer.fill_encoded(encoded, settings.top_k)
  for text, one, guesses in zip(texts, encoded, found, strict=True):
    masks = [
      {
        "position": at,
        "predictions": [guess._asdict() for guess in own],
      }
      for at, own in zip(one.masks, guesses, strict=True)
    ]
    shown = [
      "  " + ", ".join(f"{x.token} {x.probability:.4f}" for x in own)
      for own in guesses
    ]
    yield {"text": text, "masks": masks}, "\n".join([text, *shown])


def _perplexity(
  answerer: predictor.Answerer,
  texts: Sequence[str],
  encoded: Sequence[examples.Encoded],
  settings: FillMaskSettings,
) -> Iterator[_Row]:
  del settings
  found = answerer.likelihood_encoded(encoded)
  for text, one in zip(texts, found, strict=True):
    perplexity = one.perplexity
    row = {"text": text, **one._asdict(), "perplexity": perplexity}
    yield row, f"{perplexity:.4f}\t{text}"


def _next_sentence(
  answerer: predictor.Answerer,
  texts: Sequence[str],
  encoded: Sequence[examples.Encoded],
  settings: FillMaskSettings,
) -> Iterator[_Row]:
  del settings
  found = answerer.next_sentence_encoded(encoded)
  for text, follows in zip(texts, found, strict=True):
    yield {"text": text, "is_next": follows}, f"{follows:.6f}\t{text}"


_ANSWERS: dict[str, _Answers] = {
  "fill": _fill,
  "perplexity": _perplexity,
  "next_sentence": _next_sentence,
}


def _write(rows: Iterator[_Row], settings: FillMaskSettings) -> None:
  """Writes answers as they come; a file appears whole or not at all."""

  def shown() -> Iterator[str]:
    for index, (row, text) in enumerate(rows):
      if settings.output_format == "json":
        text = json.dumps({"line_index": index, **row}, ensure_ascii=False)
      yield f"{text}\n"

  if settings.output_file is None:
    for text in shown():
      sys.stdout.write(text)
    sys.stdout.flush()
    return
  with files.writing(settings.output_file) as writer:
    for text in shown():
      writer.write(text.encode())
  logging.info("wrote %s", settings.output_file)

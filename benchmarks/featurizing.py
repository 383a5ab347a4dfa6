"""Featurising for the fine-tuning tasks against the loops of plain Python."""

import os
import tempfile
from collections.abc import Callable
from typing import Any

from benchmarks import record_making
from bert_tf.tasks.classification import examples as classification_examples
from bert_tf.tasks.classification import known_tasks
from bert_tf.tasks.classification import reader as classification_reader
from bert_tf.tasks.squad import examples as squad_examples
from bert_tf.tasks.squad import reader as squad_reader
from bert_tf.tasks.squad import settings as squad_settings
from bert_tf.text import full_tokenizer, vocabulary_file

_LENGTH = 128  # of run_classifier; run_squad's is that of WindowSettings

Pair = tuple[Callable[[], object], Callable[[], object]]


def run(
  data: str, vocab_file: str, lower: bool, rounds: int
) -> list[dict[str, Any]]:
  """Featurises training data, from examples to records.

  Both contenders begin by reading the vocabulary, and nothing is remembered.

  Args:
    data: "TASK:FOLDER" for a task of run_classifier, or a JSON file of SQuAD.
    vocab_file: The vocabulary.
    lower: As everywhere.
    rounds: How often everything is timed.
  """
  with tempfile.TemporaryDirectory() as folder:
    outputs = tuple(os.path.join(folder, kind) for kind in ("plain", "ours"))
    make = _classification if ":" in data else _squad
    plain, ours = make(data, outputs, vocab_file, lower)
    contenders = {
      f"plain, {data}": record_making.function(plain),
      f"features, {data}": record_making.function(ours),
    }
    first, second = contenders
    record_making.check_equal(contenders, first, second, outputs)
    runs = record_making.in_turns(contenders, rounds)
  return record_making.table(runs, {second: first})


def _classification(
  data: str, outputs: tuple[str, ...], vocab_file: str, lower: bool
) -> Pair:
  from tests.tasks.classification import reference

  name, _, folder = data.partition(":")
  task = known_tasks.find(name)
  examples = classification_reader.read(task, task.train, folder).examples
  texts = [
    (example.text, example.pair, int(task.target(example.label or "")[0]))
    for example in examples
  ]

  def plain() -> None:
    pieces = vocabulary_file.load_vocab(vocab_file)
    reference.write_records(outputs[0], texts, pieces, lower, _LENGTH)

  def ours() -> None:
    tokenizer = full_tokenizer.FullTokenizer(vocab_file, lower)
    classification_examples.write(
      outputs[1], task, examples, tokenizer, _LENGTH
    )

  return plain, ours


def _squad(
  data: str, outputs: tuple[str, ...], vocab_file: str, lower: bool
) -> Pair:
  from tests.tasks.squad import reference as squad_reference

  settings = squad_settings.WindowSettings()
  examples = squad_reader.read_for_training(data, False)
  for example in examples:  # Split when asked for, which is not timed.
    _ = example.context.words

  def plain() -> None:
    pieces = vocabulary_file.load_vocab(vocab_file)
    squad_reference.write_records(outputs[0], examples, pieces, lower, settings)

  def ours() -> None:
    tokenizer = full_tokenizer.FullTokenizer(vocab_file, lower)
    made = squad_examples.make(examples, tokenizer, settings, True)
    squad_examples.write_records(
      outputs[1], made, settings.max_seq_length, True
    )

  return plain, ours

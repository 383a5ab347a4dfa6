"""Text files to record files of pre-training instances."""

import dataclasses
import os
import time
from collections.abc import Iterator, Sequence

import numpy as np
import tqdm
from absl import logging

from bert_tf.data import compiled, features, record_writer
from bert_tf.tasks.pretraining import corpus as corpus_lib
from bert_tf.tasks.pretraining import instances as instances_lib
from bert_tf.tasks.pretraining import settings
from bert_tf.text import full_tokenizer

# What a batch needs while it is written stays in the processor's cache.
_RECORDS_A_BATCH = 256

_EXAMPLES_LOGGED = 2


@dataclasses.dataclass(frozen=True)
class Summary:
  """What was read and written.

  Attributes:
    documents: documents of the corpus, empty ones apart.
    sentences: lines that have tokens.
    tokens: tokens of the corpus, once.
    instances: records, in all files.
    padding_share: share of the instances' positions that is padding.
    seconds: time taken by each phase, in order.
    files: name, records and bytes of each file written.
  """

  documents: int
  sentences: int
  tokens: int
  instances: int
  padding_share: float
  seconds: dict[str, float]
  files: tuple[tuple[str, int, int], ...]

  def lines(self) -> list[str]:
    """Returns the summary for people."""
    total = sum(self.seconds.values())
    phases = ", ".join(f"{k} {v:.2f}" for k, v in self.seconds.items())
    return [
      f"corpus: {self.documents:,} documents, {self.sentences:,} sentences, "
      f"{self.tokens:,} tokens",
      f"instances: {self.instances:,}, padding {self.padding_share:.1%}",
      f"seconds: {phases}; together {total:.2f}",
      *(
        f"wrote {path}: {records:,} records, {size:,} bytes"
        for path, records, size in self.files
      ),
    ]


class _Clock:
  """Measures phases that follow one another."""

  def __init__(self) -> None:
    self.seconds: dict[str, float] = {}
    self._since = time.perf_counter()

  def end(self, phase: str) -> None:
    now = time.perf_counter()
    self.seconds[phase] = now - self._since
    self._since = now


def create(
  config: settings.PretrainingDataConfig, show_progress: bool = False
) -> Summary:
  """Writes the records of a corpus.

  Args:
    config: settings.
    show_progress: draw progress bars, if standard error is a terminal.

  Raises:
    OSError: files that are missing or cannot be written.
    ValueError: inputs that cannot be used. Either leaves the files that
      existed as they were, and no new ones.
  """
  clock = _Clock()
  inputs = corpus_lib.find_input_files(config.input_file)
  _check_not_inputs(config.output_file, inputs)
  tokenizer = full_tokenizer.FullTokenizer(
    config.vocab_file, config.do_lower_case
  )
  instances_lib.check_vocabulary(tokenizer.vocab, config.vocab_file)
  compiled.start()
  with record_writer.open_all(config.output_file) as writers:
    clock.end("start-up")
    logging.info("reading %d files: %s", len(inputs), ", ".join(inputs))
    with _bar("tokens", None, show_progress) as bar:
      corpus = corpus_lib.read_corpus(inputs, tokenizer, bar.update)
    clock.end("tokens")
    total = corpus.document_count * config.dupe_factor
    with _bar("instances", total, show_progress) as bar:
      instances = instances_lib.generate(
        corpus, tokenizer.vocab, config, bar.update
      )
    clock.end("instances")
    _log_examples(instances, tokenizer)
    with _bar("writing", len(instances.order), show_progress) as bar:
      for size in write(instances, writers):
        bar.update(size)
  clock.end("writing")
  return Summary(
    documents=corpus.document_count,
    sentences=corpus.sentence_count,
    tokens=len(corpus.tokens),
    instances=len(instances.order),
    padding_share=instances.padding_share,
    seconds=clock.seconds,
    files=tuple((w.path, w.record_count, w.size) for w in writers),
  )


def write(
  instances: instances_lib.Instances,
  writers: Sequence[record_writer.RecordWriter],
) -> Iterator[int]:
  """Writes instances in order: the first to the first file, and so on, in turn.

  Yields:
    How many were written since last time.
  """
  count = len(writers)
  for first, writer in enumerate(writers):
    order = instances.order[first::count]
    for begin in range(0, len(order), _RECORDS_A_BATCH):
      batch = order[begin : begin + _RECORDS_A_BATCH]
      writer.write_many(*features.encode_examples(instances.features(batch)))
      yield len(batch)


def _bar(phase: str, total: int | None, show: bool) -> tqdm.tqdm:
  """Returns a progress bar; without a total it counts bytes."""
  # None: no bar where standard error is no terminal.
  return tqdm.tqdm(
    desc=phase,
    total=total,
    disable=None if show else True,
    unit="" if total else "B",
    unit_scale=True,
    leave=False,
  )


def _check_not_inputs(outputs: Sequence[str], inputs: Sequence[str]) -> None:
  real = {os.path.realpath(path): path for path in inputs}
  for path in outputs:
    if os.path.realpath(path) in real:
      raise ValueError(
        f"--output_file: {path!r} is also an input file; writing it would "
        "destroy the text, so name another file"
      )


def _log_examples(
  instances: instances_lib.Instances, tokenizer: full_tokenizer.FullTokenizer
) -> None:
  """Shows the first instances, as the original does."""
  order = instances.order[:_EXAMPLES_LOGGED]
  columns = instances.features(order)
  for row in range(len(order)):
    size = int(np.sum(columns["input_mask"][row]))
    ids = columns["input_ids"][row, :size].tolist()
    tokens = tokenizer.convert_ids_to_tokens(ids)
    logging.info("*** Example ***\ntokens: %s", " ".join(tokens))
    for name, values in columns.items():
      logging.info("%s: %s", name, " ".join(map(str, values[row].tolist())))

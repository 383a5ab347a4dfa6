"""Text files to record files of pre-training instances."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import tqdm
from absl import logging

from bert_tf.checkpoints import stored_rules
from bert_tf.native import jit
from bert_tf.records import (
  example_decoder,
  record_counts,
  record_writer,
  shuffled_bytes,
  spill_files,
)
from bert_tf.system import remote_files
from bert_tf.tasks.pretraining import (
  corpus_shards,
  instance_generator,
  instance_records,
  packed_instances,
  settings,
  text_corpus,
)
from bert_tf.text import full_tokenizer, vocabulary_fit

_EXAMPLES_LOGGED = 2
_SENTENCES_LOOKED_AT = 1000  # for pieces that the vocabulary lacks


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


Runner = Callable[[Sequence[corpus_shards.Shard]], Sequence[Summary]]


def together(
  summaries: Sequence[Summary], shards: Sequence[corpus_shards.Shard]
) -> Summary:
  """Returns the summary of shards, the seconds summed over all.

  Args:
    summaries: of each shard.
    shards: with the names that their files have at last.
  """
  instances = sum(s.instances for s in summaries)
  padding = sum(s.padding_share * s.instances for s in summaries) / instances
  names = [path for shard in shards for path in shard.config.output_file]
  written = [file for s in summaries for file in s.files]
  return Summary(
    documents=sum(s.documents for s in summaries),
    sentences=sum(s.sentences for s in summaries),
    tokens=sum(s.tokens for s in summaries),
    instances=instances,
    padding_share=padding,
    seconds={
      phase: sum(s.seconds[phase] for s in summaries)
      for phase in summaries[0].seconds
    },
    files=tuple(
      (name, records, size)
      for name, (_, records, size) in zip(names, written, strict=True)
    ),
  )


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
  config: settings.PretrainingDataConfig,
  show_progress: bool = False,
  run: Runner | None = None,
  limits: settings.MemoryLimits | None = None,
) -> Summary:
  """Writes the records of a corpus, and beside remote files their number.

  Args:
    config: settings.
    show_progress: draw progress bars, if standard error is a terminal.
    run: makes shards; None: one after the other, here.
    limits: of memory, of shards that are made here.

  Raises:
    OSError: files that are missing or cannot be written.
    ValueError: inputs that cannot be used. Either leaves the files that
      existed as they were, and no new ones.
  """
  inputs = text_corpus.find_input_files(config.input_file)
  shards = corpus_shards.plan(config, inputs)
  for shard in shards:
    _check_outputs(shard.config.output_file, inputs)
  logging.info("reading %d files: %s", len(inputs), ", ".join(inputs))
  summary = _create(shards, show_progress, run, limits)
  for path, records, size in summary.files:
    record_counts.write(path, records, size)
  return summary


def _create(
  shards: Sequence[corpus_shards.Shard],
  show_progress: bool,
  run: Runner | None,
  limits: settings.MemoryLimits | None,
) -> Summary:
  """Writes the records of all shards; see `create`."""
  if len(shards) == 1 and run is None:
    return create_shard(shards[0], show_progress, limits)
  staged = [corpus_shards.staged(shard) for shard in shards]
  try:
    if run is not None:
      summaries = run(staged)
    else:
      summaries = [create_shard(shard, limits=limits) for shard in staged]
    corpus_shards.publish(staged, shards)
  finally:
    corpus_shards.discard(staged)
  return together(summaries, shards)


def create_shard(
  shard: corpus_shards.Shard,
  show_progress: bool = False,
  limits: settings.MemoryLimits | None = None,
) -> Summary:
  """Writes the records of one shard; see `create`."""
  clock = _Clock()
  limits = limits or settings.MemoryLimits()
  config = shard.config
  tokenizer = full_tokenizer.FullTokenizer(
    config.vocab_file,
    rules=shard.rules
    or stored_rules.beside(config.vocab_file, config.do_lower_case),
  )
  instance_generator.check_vocabulary(tokenizer.vocab, config.vocab_file)
  jit.start()
  with record_writer.open_all(config.output_file) as writers:
    folder = config.tmp_dir or spill_files.folder_for(config.output_file[0])
    layout = instance_records.layout(
      config.max_seq_length, config.max_predictions_per_seq
    )
    with shuffled_bytes.ShuffledBytes(folder, limits.instance_bytes) as packed:
      clock.end("start-up")
      with _bar("tokens", None, show_progress) as bar:
        corpus = text_corpus.read_corpus(
          shard.text, tokenizer.line_encoder(), bar.update, folder
        )
      clock.end("tokens")
      vocabulary_fit.warn_of_unknown_ids(
        corpus.tokens[: corpus.sentences[:_SENTENCES_LOOKED_AT][-1]],
        tokenizer,
        ", ".join(part.path for part in shard.text),
      )
      total = corpus.document_count * config.dupe_factor
      with _bar("instances", total, show_progress) as bar:
        generator = instance_generator.Generator(
          corpus, tokenizer.vocab, config
        )
        order = fill(packed, generator, folder, bar.update)
      clock.end("instances")
      for number in order[:_EXAMPLES_LOGGED]:
        example = instance_records.example(packed.get(number), layout)
        _log_example(example, tokenizer)
      with _bar("writing", packed.count, show_progress) as bar:
        for count in instance_records.write(
          packed, order, layout, writers, limits.records_a_batch
        ):
          bar.update(count)
  clock.end("writing")
  return Summary(
    documents=corpus.document_count,
    sentences=corpus.sentence_count,
    tokens=len(corpus.tokens),
    instances=generator.made,
    padding_share=1
    - generator.token_count / (generator.made * config.max_seq_length),
    seconds=clock.seconds,
    files=tuple((w.path, w.record_count, w.size) for w in writers),
  )


def fill(
  packed: shuffled_bytes.ShuffledBytes,
  generator: instance_generator.Generator,
  folder: str | None,
  progress: Callable[[int], object],
) -> npt.NDArray[np.int32]:
  """Makes all instances; returns in which order they are to be written."""
  for store, documents in generator.batches():
    packed_instances.add_all(store, packed)
    progress(documents)
  packed.rest()
  return generator.order(folder)


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


def _check_outputs(outputs: Sequence[str], inputs: Sequence[str]) -> None:
  """Checks that outputs can be written and are no inputs."""
  real = {os.path.realpath(path): path for path in inputs}
  for path in outputs:
    if os.path.realpath(path) in real:
      raise ValueError(
        f"--output_file: {path!r} is also an input file; writing it would "
        "destroy the text, so name another file"
      )
    record_writer.check_is_no_directory(path)
    remote_files.check_bucket(path)


def _log_example(
  record: bytes, tokenizer: full_tokenizer.FullTokenizer
) -> None:
  """Shows an instance, as the original does."""
  columns = example_decoder.decode_example(record)
  ids = columns["input_ids"][: int(sum(columns["input_mask"]))]
  tokens = tokenizer.convert_ids_to_tokens(map(int, ids))
  logging.info("*** Example ***\ntokens: %s", " ".join(tokens))
  for name, values in columns.items():
    logging.info("%s: %s", name, " ".join(map(str, values)))

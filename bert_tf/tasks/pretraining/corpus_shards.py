"""A corpus cut into shards: parts of the text with settings of their own.

To make N shards, the bytes of all files, one after the other, are cut at the
N-th parts, each time after the first empty line that begins there or later. So
each document is in one shard. Shard i is one run of the algorithm over its part
with the seed `random_seed + i`. That depends on the text and N alone, not on
where or in which order the shards are made.
"""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from typing import IO

from bert_tf.system import files, output_files
from bert_tf.tasks.pretraining import settings, text_corpus
from bert_tf.text import tokenizer_rules


@dataclasses.dataclass(frozen=True)
class Shard:
  """One part of a corpus.

  Attributes:
    config: settings of this shard alone.
    text: its part of the text.
    rules: of the tokenizer; None for those that are stored beside the
      vocabulary.
  """

  config: settings.PretrainingDataConfig
  text: tuple[text_corpus.TextPart, ...]
  rules: tokenizer_rules.TokenizerRules | None = None


def plan(
  config: settings.PretrainingDataConfig, inputs: Sequence[str]
) -> list[Shard]:
  """Cuts a corpus into `config.num_shards` shards.

  Args:
    config: settings.
    inputs: the files that `config.input_file` stands for.

  Raises:
    ValueError: there are too few documents for so many shards.
  """
  count = config.num_shards
  if count == 1:
    return [Shard(config, tuple(map(text_corpus.TextPart, inputs)))]
  sizes = [_size(path) for path in inputs]
  total = sum(sizes)
  begins = [
    _cut(inputs, sizes, total * index // count) for index in range(count)
  ]
  shards = []
  for index, begin in enumerate(begins):
    end = begins[index + 1] if index + 1 < count else total
    if begin == end:
      raise ValueError(
        f"--num_shards={count}: no document is left for shard {index} of the "
        f"{total} bytes of text in {', '.join(inputs)}; use fewer shards, and "
        "put an empty line between documents"
      )
    shard_config = dataclasses.replace(
      config,
      output_file=tuple(
        output_name(path, index, count) for path in config.output_file
      ),
      random_seed=config.random_seed + index,
      num_shards=1,
    )
    text = tuple(_text_parts(inputs, sizes, begin, end))
    shards.append(Shard(shard_config, text))
  return shards


def _text_parts(
  inputs: Sequence[str], sizes: Sequence[int], begin: int, end: int
) -> Iterator[text_corpus.TextPart]:
  """Yields what the bytes from `begin` to `end` of all files are in each."""
  first = 0
  for path, size in zip(inputs, sizes, strict=True):
    if begin < first + size and first < end:
      yield text_corpus.TextPart(
        path, max(0, begin - first), min(size, end - first)
      )
    first += size


def output_name(path: str, index: int, count: int) -> str:
  """Returns the name of a shard's file: "NAME-00002-of-00008"."""
  return f"{path}-{index:05d}-of-{count:05d}"


def staged(shard: Shard) -> Shard:
  """Returns the shard with temporary names for its files, until all are done.

  They are of this process, wherever the shard is made.
  """
  names = tuple(map(output_files.staging_name, shard.config.output_file))
  config = dataclasses.replace(shard.config, output_file=names)
  return dataclasses.replace(shard, config=config)


def publish(staged: Sequence[Shard], shards: Sequence[Shard]) -> None:
  """Gives the files of shards that were made under other names their own."""
  for made, path in zip(_outputs(staged), _outputs(shards), strict=True):
    output_files.publish(made, path)


def discard(staged: Sequence[Shard]) -> None:
  """Removes files of temporary names."""
  for path in _outputs(staged):
    if files.exists(path):
      files.remove(path)


def _outputs(shards: Sequence[Shard]) -> list[str]:
  return [path for shard in shards for path in shard.config.output_file]


def _size(path: str) -> int:
  with files.open_file(path) as stream:
    stream.seek(0, os.SEEK_END)
    return int(stream.tell())


def _cut(inputs: Sequence[str], sizes: Sequence[int], offset: int) -> int:
  """Returns the end of the first empty line that begins at `offset` or later.

  Args:
    inputs: all files.
    sizes: of each.
    offset: in the bytes of all files.

  Returns:
    That, in the bytes of all files; 0 for 0; all if no empty line follows.
  """
  if not offset:
    return 0
  first = 0  # Of a file, in the bytes of all.
  for path, size in zip(inputs, sizes, strict=True):
    if offset < first + size:
      with files.open_file(path) as stream:
        for line, end in _lines(stream, max(0, offset - first)):
          if _is_empty(line):
            return first + end
    first += size
  return first


def _lines(stream: IO[bytes], offset: int) -> Iterator[tuple[bytes, int]]:
  """Yields each whole line from `offset` on, and where it ends."""
  if offset:
    stream.seek(offset - 1)
    offset += len(stream.readline()) - 1  # The rest of the line before.
  while line := stream.readline():
    offset += len(line)
    yield line, offset


def _is_empty(line: bytes) -> bool:
  """Whether a line ends a document, as `text_corpus.read_corpus` sees it."""
  return not line.replace(b"\r", b"").decode("utf-8", "ignore").strip()

"""What a process on another machine tells of a shard that it made."""

import collections
import dataclasses
import json
import os
import socket
from collections.abc import Iterable
from typing import Self

from absl import logging

from bert_tf.tasks.pretraining import corpus_shards, record_generator


@dataclasses.dataclass(frozen=True)
class MadeShard:
  """One shard that is written.

  Attributes:
    summary: what was read and written.
    process: host and id of the process that made it: "host:pid".
  """

  summary: record_generator.Summary
  process: str

  def to_json(self) -> str:
    """Returns it as text."""
    return json.dumps(dataclasses.asdict(self))

  @classmethod
  def from_json(cls, text: str | bytes) -> Self:
    """Returns what `to_json` gave."""
    values = json.loads(text)
    summary = values["summary"]
    summary["files"] = tuple(tuple(file) for file in summary["files"])
    return cls(record_generator.Summary(**summary), values["process"])


def make(shard: corpus_shards.Shard) -> MadeShard:
  """Makes a shard in this process; errors as `record_generator.create`."""
  summary = record_generator.create_shard(shard)
  return MadeShard(summary, f"{socket.gethostname()}:{os.getpid()}")


def summaries(made: Iterable[MadeShard]) -> list[record_generator.Summary]:
  """Returns the summaries, and logs which processes made how many shards."""
  made = list(made)
  counts = collections.Counter(shard.process for shard in made)
  logging.info(
    "%d shards were made by %d processes: %s",
    len(made),
    len(counts),
    ", ".join(f"{name} ({n})" for name, n in sorted(counts.items())),
  )
  return [shard.summary for shard in made]

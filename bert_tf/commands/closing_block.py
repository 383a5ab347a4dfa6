"""What a run says at its end: files written, time, the next command."""

import os
import re
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence

from absl import flags, logging

from bert_tf.system import files
from bert_tf.training import run_duration

FLAGS = flags.FLAGS
_NAMED = 8
# What a run needs for itself is named last.
_WORKING = re.compile(r"checkpoint$|events\.|.*\.tf_record$|eval/")


class Closing:
  """The end of a run into --output_dir; made when the run begins."""

  def __init__(self) -> None:
    self._since = time.time()

  def say(
    self, command: str = "", more: Mapping[str, str] | None = None
  ) -> None:
    """Logs the block.

    Args:
      command: The command to paste next; its flags are those of `more` and
        the model's files of this run.
      more: Flags by name.
    """
    folder = FLAGS.output_dir
    took = run_duration.text(time.time() - self._since)
    written = f"done in {took}; written to {folder}"
    if not files.is_remote(folder):
      written += f": {_named(list(_written(folder, self._since)))}"
    lines = [written]
    if command:
      lines.append(f"next: {_pasted(command, dict(more or {}))}")
    logging.info("%s", "\n".join(lines))


def _named(names: Sequence[str]) -> str:
  more = len(names) - _NAMED
  shown = ", ".join(names[:_NAMED]) or "nothing"
  return f"{shown} and {more} more" if more > 0 else shown


def _written(folder: str, since: float) -> Iterator[str]:
  """The files written since, a checkpoint's as one, of a local folder."""
  if not os.path.isdir(folder):
    return
  found = set()
  with os.scandir(folder) as entries:
    for entry in entries:
      # File systems round down, at most to whole seconds.
      if entry.stat().st_mtime >= since - 1:
        name = entry.name + ("/" if entry.is_dir() else "")
        found.add(re.sub(r"(ckpt-\d+)\.(index|data-.*)$", r"\1", name))
  yield from sorted(found, key=lambda x: (bool(_WORKING.match(x)), x))


def _pasted(command: str, more: dict[str, str]) -> str:
  told = more | {"init_checkpoint": FLAGS.output_dir}
  for name in ("bert_config_file", "vocab_file"):
    if name in FLAGS and FLAGS[name].value:
      told[name] = FLAGS[name].value
  words = [f"--{name}={value}" for name, value in told.items()]
  if "do_lower_case" in FLAGS and not FLAGS.do_lower_case:
    words.append("--nodo_lower_case")
  return f"bert_tf {command} {shlex.join(words)}"

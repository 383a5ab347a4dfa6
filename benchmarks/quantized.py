"""Exports of one classifier against each other: size, accuracy, time, start.

Labels and times are compared with those of the first. TF_NUM_INTRAOP_THREADS=1
gives a SavedModel one thread, as the others have.

Example, of folders that export_saved_model wrote:
  python -m benchmarks.quantized --data=SST-2/dev.tsv \
    --exports=out/saved_model,out/litert,out/litert-int8,out/onnx
"""

import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

from benchmarks import timing
from bert_tf.commands import command_line

FLAGS = flags.FLAGS

flags.DEFINE_list("exports", None, "Export folders.", required=True)
flags.DEFINE_string(
  "data", None, "Lines of text, tab and label, under a header.", required=True
)
flags.DEFINE_integer("timed", 100, "Texts that are timed, one at a time.")
flags.DEFINE_integer("rounds", 3, "Rounds, in which all take turns.")
flags.DEFINE_integer("starts", 3, "Processes started to time the first answer.")

_FIRST_ANSWER = """
import sys
from benchmarks import quantized
quantized.opened(sys.argv[1])(["It was a fine film."])
"""


def opened(path: str) -> Callable[[list[str]], list[dict[str, Any]]]:
  """What answers: an export of any format; a runtime on one thread."""
  from bert_tf.runtimes import runtime_folder

  if runtime_folder.find(path):
    from bert_tf.runtimes import answerer

    return answerer.Answerer(path, threads=1)
  from bert_tf.export import saved_model_predictor
  from bert_tf.kernels import onednn_kernels

  onednn_kernels.assume_frozen_weights()
  return saved_model_predictor.Predictor(path).answer


def main() -> None:
  """Prints a table."""
  lines = pathlib.Path(FLAGS.data).read_text("utf-8").splitlines()[1:]
  texts, labels = zip(*(line.rsplit("\t", 1) for line in lines), strict=True)
  contenders = {path: opened(path) for path in FLAGS.exports}
  accuracy, answers = {}, {}
  for path, answer in contenders.items():
    answers[path] = [one["label"] for one in answer(list(texts))]
    right = sum(map(str.__eq__, answers[path], labels))
    accuracy[path] = right / len(labels)
  timed = texts[: FLAGS.timed]
  seconds = timing.time_in_turns(
    {
      path: lambda answer=answer: [answer([text]) for text in timed]
      for path, answer in contenders.items()
    },
    FLAGS.rounds,
    "cpu",
  )
  first = answers[FLAGS.exports[0]]
  print(
    "export  MB  accuracy  same label  CPU ms a text  times as fast  "
    "s to first answer"
  )
  usual = statistics.median(seconds[FLAGS.exports[0]])
  for path in FLAGS.exports:
    same = sum(map(str.__eq__, answers[path], first)) / len(first)
    taken = statistics.median(seconds[path])
    print(
      f"{path}  {_size(path) / 1e6:.1f}  {accuracy[path]:.4f}  {same:.4f}  "
      f"{1000 * taken / len(timed):.1f}  {usual / taken:.2f}  "
      f"{_start(path):.2f}",
      flush=True,
    )


def _size(path: str) -> int:
  """Bytes of the newest version."""
  newest = max(pathlib.Path(path).glob("[0-9]*"), key=lambda p: int(p.name))
  return sum(p.stat().st_size for p in newest.rglob("*") if p.is_file())


def _start(path: str) -> float:
  """Seconds from the start of a process to its first answer, the least."""
  found = []
  for _ in range(FLAGS.starts):
    started = time.perf_counter()
    subprocess.run(
      [sys.executable, "-c", _FIRST_ANSWER, path],
      check=True,
      capture_output=True,
    )
    found.append(time.perf_counter() - started)
  return min(found)


if __name__ == "__main__":
  command_line.run(main)

"""Draws the curves of runs from their TensorBoard events as a PNG picture.

Example:
  bert_tf plot_curves --logdir=out/pretraining --output_file=curves.png
"""

from absl import flags, logging

from bert_tf.commands import pictures
from bert_tf.system import error_text

FLAGS = flags.FLAGS

flags.DEFINE_list(
  "logdir",
  None,
  "Directories with TensorBoard events, or globs: output_dir of "
  "run_pretraining, trials of run_classifier. NAME=GLOB draws all runs it "
  "matches in one color.",
  required=True,
)
flags.DEFINE_string("output_file", None, "PNG file to write.", required=True)
flags.DEFINE_list(
  "scalars",
  ["masked_lm_loss", "masked_lm_accuracy", "next_sentence_accuracy"],
  "Scalars to draw, each in a panel of its own.",
)

# Of each group of runs; where they coincide, all can be seen.
_STYLES = ("C0-", "C1--", "C2:", "C3-.")

Scalars = dict[str, dict[int, float]]


def read_scalars(logdir: str) -> Scalars:
  """By name and step, the scalars of all event files of a folder."""
  import tensorflow as tf
  from google.protobuf import message  # type: ignore[import-untyped]

  damaged = (
    *(tf.errors.OpError, message.DecodeError),
    *(TypeError, ValueError, KeyError, NotImplementedError),
  )
  found: Scalars = {}
  for path in sorted(tf.io.gfile.glob(f"{logdir}/events.*")):
    try:
      for event in tf.compat.v1.train.summary_iterator(path):
        for value in event.summary.value:
          number = float(tf.make_ndarray(value.tensor))
          found.setdefault(value.tag, {})[event.step] = number
    except damaged as error:
      logging.warning(
        "%s: ends early or is damaged (%s); drawing what comes before that",
        path,
        error_text.plain(error),
      )
  return found


def read_runs(logdir: str, wanted: list[str]) -> tuple[str, list[Scalars]]:
  """Returns the name of some runs, and the scalars of each.

  Args:
    logdir: PATTERN, or NAME=PATTERN.
    wanted: names of scalars.

  Raises:
    ValueError: There is no such folder, or it lacks a scalar.
  """
  import tensorflow as tf

  name, _, pattern = logdir.rpartition("=")
  folders = sorted(tf.io.gfile.glob(pattern))
  if not folders:
    raise ValueError(f"--logdir: no folder is named {pattern}")
  runs = [read_scalars(folder) for folder in folders]
  for folder, scalars in zip(folders, runs, strict=True):
    missing = [each for each in wanted if each not in scalars]
    if missing:
      raise ValueError(
        f"{folder} has no scalars {', '.join(missing)}; it has "
        f"{', '.join(sorted(scalars)) or 'no events at all'}"
      )
  return name, runs


def main() -> None:
  """Draws."""
  groups = [read_runs(logdir, FLAGS.scalars) for logdir in FLAGS.logdir]
  picture = pictures.figure(4 * len(FLAGS.scalars), 3)
  axes = picture.subplots(1, len(FLAGS.scalars), squeeze=False)[0]
  for axis, scalar in zip(axes, FLAGS.scalars, strict=True):
    for number, (name, runs) in enumerate(groups):
      for run in runs:
        steps = sorted(run[scalar])
        values = [run[scalar][step] for step in steps]
        label = name if run is runs[0] else None
        axis.plot(steps, values, _STYLES[number % 4], label=label)
    axis.set(title=scalar, xlabel="step")
    axis.grid(alpha=0.3)
    if any(name for name, _ in groups):
      axis.legend()
  pictures.save(picture, FLAGS.output_file)

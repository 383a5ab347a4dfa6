"""Draws the curves of a run from its TensorBoard events as a PNG picture."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from absl import flags

from tools import command_line

FLAGS = flags.FLAGS

flags.DEFINE_string(
  "logdir", None, "output_dir of run_pretraining.", required=True
)
flags.DEFINE_string("output_file", None, "The picture to write.", required=True)
flags.DEFINE_list(
  "scalars",
  ["masked_lm_loss", "masked_lm_accuracy", "next_sentence_accuracy"],
  "What to draw, a panel each.",
)


def read_scalars(logdir: str) -> dict[str, dict[int, float]]:
  """By name and step, the scalars of all event files of a folder."""
  import tensorflow as tf

  found: dict[str, dict[int, float]] = {}
  for path in sorted(tf.io.gfile.glob(f"{logdir}/events.*")):
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        number = float(tf.make_ndarray(value.tensor))
        found.setdefault(value.tag, {})[event.step] = number
  return found


def main() -> None:
  """Draws."""
  try:
    from matplotlib import figure
  except ImportError as error:
    raise ImportError(
      "matplotlib is needed to draw: pip install matplotlib"
    ) from error
  scalars = read_scalars(FLAGS.logdir)
  missing = [name for name in FLAGS.scalars if name not in scalars]
  if missing:
    raise ValueError(
      f"{FLAGS.logdir} has no scalars {', '.join(missing)}; it has "
      f"{', '.join(sorted(scalars)) or 'no events at all'}"
    )
  picture = figure.Figure(figsize=(4 * len(FLAGS.scalars), 3))
  axes = picture.subplots(1, len(FLAGS.scalars), squeeze=False)[0]
  for axis, name in zip(axes, FLAGS.scalars, strict=True):
    steps = sorted(scalars[name])
    axis.plot(steps, [scalars[name][step] for step in steps])
    axis.set(title=name, xlabel="step")
    axis.grid(alpha=0.3)
  picture.tight_layout()
  picture.savefig(FLAGS.output_file, dpi=100)


if __name__ == "__main__":
  command_line.run(main)

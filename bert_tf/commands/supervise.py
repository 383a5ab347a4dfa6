r"""Runs the workers of a distributed training, and restarts all if one fails.

What follows -- is the command of a worker, the same for all. On each machine of
a TF_CONFIG run one of these; on a single machine --num_workers starts several.

Example:
  bert_tf supervise --num_workers=2 -- bert_tf run_pretraining \
    --input_file=corpus.tfrecord --output_dir=output --do_train \
    --bert_config_file=bert_config.json
"""

from absl import flags

from bert_tf.commands import shared_flags
from bert_tf.system import supervisor

FLAGS = flags.FLAGS
_DEFAULTS = supervisor.SupervisorSettings()

flags.DEFINE_integer(
  "num_workers",
  _DEFAULTS.num_workers,
  "Number of worker processes on this machine. Several get a TF_CONFIG each; "
  "with one, TF_CONFIG stays as it is.",
)
flags.DEFINE_integer(
  "max_restarts",
  _DEFAULTS.max_restarts,
  "Give up after this many restarts in succession.",
)
flags.DEFINE_float(
  "backoff_seconds",
  _DEFAULTS.backoff_seconds,
  "Seconds to wait before the first restart; doubled before each further one.",
)
flags.DEFINE_float(
  "max_backoff_seconds",
  _DEFAULTS.max_backoff_seconds,
  "Maximum number of seconds to wait before a restart.",
)
flags.DEFINE_float(
  "stable_seconds",
  _DEFAULTS.stable_seconds,
  "After running for this long, restarts are counted from zero again.",
)
flags.DEFINE_float(
  "stop_seconds",
  _DEFAULTS.stop_seconds,
  "Seconds between SIGTERM and SIGKILL for workers that have to end.",
)


def main(command: list[str]) -> None:
  """Runs the command with the flags given."""
  if not command:
    raise ValueError(
      "no command to run; expected bert_tf supervise [--FLAG=VALUE ...] -- "
      "COMMAND ARGUMENT ..."
    )
  settings = shared_flags.settings(supervisor.SupervisorSettings)
  supervisor.run(command, settings)

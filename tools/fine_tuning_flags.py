"""Flags that the fine-tuning runners share."""

from absl import flags

from bert_tf.training import fine_tuning
from tools import device_flags

FLAGS = flags.FLAGS


def define(max_seq_length: int) -> None:
  """Defines them and the device flags.

  Args:
    max_seq_length: The default of the flag of that name.
  """
  flags.DEFINE_string(
    "bert_config_file", None, "bert_config.json of the model.", required=True
  )
  flags.DEFINE_string(
    "vocab_file", None, "The vocabulary of the model.", required=True
  )
  flags.DEFINE_string(
    "output_dir", None, "Where everything that is written goes.", required=True
  )
  flags.DEFINE_string(
    "init_checkpoint", None, "The pre-trained model to start from."
  )
  flags.DEFINE_bool(
    "do_lower_case", True, "True for uncased models, false for cased ones."
  )
  flags.DEFINE_integer(
    "max_seq_length", max_seq_length, "Tokens of a sequence; longer are cut."
  )
  flags.DEFINE_bool("do_train", False, "Whether to train.")
  flags.DEFINE_bool("do_predict", False, "Whether to predict.")
  flags.DEFINE_integer("train_batch_size", 32, "Examples of a training step.")
  flags.DEFINE_integer("predict_batch_size", 8, "Examples predicted at once.")
  flags.DEFINE_float("learning_rate", 5e-5, "The peak of the learning rate.")
  flags.DEFINE_float("num_train_epochs", 3.0, "Times through the examples.")
  flags.DEFINE_float("warmup_proportion", 0.1, "Share of steps that warm up.")
  flags.DEFINE_integer(
    "freeze_layers",
    0,
    "So many first layers, and the embeddings, keep their weights.",
  )
  flags.DEFINE_integer(
    "eval_steps", 0, "Steps between evaluations while training; 0: none."
  )
  flags.DEFINE_string(
    "best_metric", None, "Metric by which the best checkpoint is kept and used."
  )
  flags.DEFINE_integer(
    "early_stopping_patience",
    0,
    "Evaluations without a better one after which training stops; 0: never.",
  )
  device_flags.define()


def settings() -> fine_tuning.Settings:
  """The settings of the fine-tuning."""
  return fine_tuning.Settings(
    output_dir=FLAGS.output_dir,
    init_checkpoint=FLAGS.init_checkpoint,
    learning_rate=FLAGS.learning_rate,
    num_train_epochs=FLAGS.num_train_epochs,
    warmup_proportion=FLAGS.warmup_proportion,
    optimizer=FLAGS.optimizer,
    freeze_layers=FLAGS.freeze_layers,
    eval_steps=FLAGS.eval_steps,
    best_metric=FLAGS.best_metric,
    early_stopping_patience=FLAGS.early_stopping_patience,
  )

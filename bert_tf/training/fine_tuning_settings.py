"""How a model is fine-tuned."""

import dataclasses
from collections.abc import Collection
from typing import Any

from bert_tf.training import optimizer_table


@dataclasses.dataclass(frozen=True)
class FineTuningSettings:
  """How a model is fine-tuned; batch size and seed are of `LoopSettings`.

  Attributes:
    output_dir: For checkpoints, records, events and results.
    init_checkpoint: The pre-trained model; None for random weights.
    learning_rate: The peak.
    num_train_epochs: How often the examples are gone through.
    warmup_proportion: Fraction of the steps used for linear warm-up.
    optimizer: One of `optimizer_table.OPTIMIZERS`.
    freeze_layers: The embeddings and this many of the lowest encoder layers
      are frozen; 0 trains everything.
    layer_decay: Factor of the learning rate from layer to layer, downwards; see
      `layer_rates.factors`. 1 for the same rate everywhere.
    eval_steps: Steps between evaluations while training; 0 for none.
    best_metric: The metric by which the best of them is kept, in
      `output_dir/best`, and used afterwards; None keeps none.
    allow_new_layers: Whether a training may start from a checkpoint that lacks
      variables of the encoder.
    early_stopping_patience: Evaluations without an improvement after which
      training stops; 0 disables this.
    init_from_layers: Layers of `init_checkpoint` that the model starts from, in
      its order; none for all of them.
    teacher_checkpoint: A fine-tuned model to learn from; None for none.
    distillation_temperature: What logits are divided by, see `distillation`.
    distillation_weight: Of what is learned from the teacher; the rest, up to 1,
      is learned from the labels.
  """

  output_dir: str
  init_checkpoint: str | None = None
  learning_rate: float = 5e-5
  num_train_epochs: float = 3.0
  warmup_proportion: float = 0.1
  optimizer: str = "adamw"
  freeze_layers: int = 0
  layer_decay: float = 1.0
  eval_steps: int = 0
  best_metric: str | None = None
  early_stopping_patience: int = 0
  allow_new_layers: bool = False
  init_from_layers: tuple[int, ...] = ()
  teacher_checkpoint: str | None = None
  distillation_temperature: float = 2.0
  distillation_weight: float = 0.5

  def __post_init__(self) -> None:
    optimizer_table.OptimizerSettings(
      self.optimizer, self.learning_rate, 1, 0, self.layer_decay
    )
    if self.num_train_epochs <= 0:
      raise ValueError(f"num_train_epochs={self.num_train_epochs} is not > 0")
    if not 0 <= self.warmup_proportion <= 1:
      raise ValueError(
        f"warmup_proportion={self.warmup_proportion} is not from 0 to 1"
      )
    for name in ("freeze_layers", "eval_steps", "early_stopping_patience"):
      if getattr(self, name) < 0:
        raise ValueError(f"{name}={getattr(self, name)} is below 0")
    if self.init_from_layers and not self.init_checkpoint:
      raise ValueError("init_from_layers needs init_checkpoint")
    if not self.distillation_temperature > 0:
      raise ValueError(
        f"distillation_temperature={self.distillation_temperature} is not > 0"
      )
    if not 0 <= self.distillation_weight <= 1:
      raise ValueError(
        f"distillation_weight={self.distillation_weight} is not from 0 to 1"
      )
    if self.best_metric and not self.eval_steps:
      raise ValueError("best_metric needs eval_steps above 0")
    if self.early_stopping_patience and not self.best_metric:
      raise ValueError("early_stopping_patience needs best_metric")

  def with_known_metric(
    self, known: Collection[str], note: str = ""
  ) -> "FineTuningSettings":
    """With the name of the best metric spelled out: "f1" is "eval_f1".

    Args:
      known: The names of the task's metrics.
      note: Why others are none of them, if that can be said.

    Raises:
      ValueError: It is none of them.
    """
    name = self.best_metric
    if not name:
      return self
    full = name if name in known else f"eval_{name}"
    if full not in known:
      raise ValueError(
        f"best_metric={name!r} is not a metric of this task; it is one of "
        f"{', '.join(known)}{note and f' ({note})'}"
      )
    return dataclasses.replace(self, best_metric=full)

  def check_layers(self, count: int) -> None:
    """Checks that a model has as many layers as are to be frozen.

    Raises:
      ValueError: It has fewer.
    """
    if self.freeze_layers > count:
      raise ValueError(
        f"freeze_layers={self.freeze_layers}, but the model has {count} "
        "(num_hidden_layers of bert_config_file): give that many at most"
      )


def check_task(options: Any, shortest: int) -> None:
  """Checks the settings that all tasks have.

  Args:
    options: `do_train`, `do_eval`, `do_predict`, and sizes.
    shortest: The least `max_seq_length`.

  Raises:
    ValueError: There is nothing to do, or a size is too small.
  """
  if not (options.do_train or options.do_eval or options.do_predict):
    raise ValueError("nothing to do: set do_train, do_eval or do_predict")
  for name, least in (
    ("eval_batch_size", 1),
    ("predict_batch_size", 1),
    ("max_seq_length", shortest),
  ):
    if getattr(options, name) < least:
      raise ValueError(f"{name}={getattr(options, name)} is below {least}")

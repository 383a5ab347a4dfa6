"""How a training goes; needs no TensorFlow, as flags do not."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class LoopSettings:
  """How a training goes.

  Attributes:
    batch_size: Examples of a step, over all replicas and micro-batches.
    gradient_accumulation_steps: Micro-batches of a step.
    seed: Random seed of data order, dropout and weight initialization.
    save_checkpoints_steps: Steps between checkpoints.
    keep_checkpoint_max: Checkpoints kept; 0 keeps all.
    log_steps: Steps between lines of progress.
    iterations_per_loop: The most steps between two looks at the host.
    require_latest: Whether a run is resumed from its newest checkpoint only,
      not from an older one where that is damaged or gone.
  """

  batch_size: int
  gradient_accumulation_steps: int = 1
  seed: int = 12345
  save_checkpoints_steps: int = 1000
  keep_checkpoint_max: int = 5
  log_steps: int = 100
  iterations_per_loop: int = 1000
  require_latest: bool = False

  def __post_init__(self) -> None:
    for field in dataclasses.fields(self):
      value = getattr(self, field.name)
      may_be_0 = ("seed", "keep_checkpoint_max", "require_latest")
      least = 0 if field.name in may_be_0 else 1
      if value < least:
        raise ValueError(f"{field.name}={value} is below {least}")

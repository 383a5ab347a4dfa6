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
    profile_steps: The step after which TensorFlow's profiler starts, and the
      last step in the profile; None for none.
  """

  batch_size: int
  gradient_accumulation_steps: int = 1
  seed: int = 12345
  save_checkpoints_steps: int = 1000
  keep_checkpoint_max: int = 5
  log_steps: int = 100
  iterations_per_loop: int = 1000
  require_latest: bool = False
  profile_steps: tuple[int, int] | None = None

  def __post_init__(self) -> None:
    if self.profile_steps is not None:
      first, last = self.profile_steps
      if not 0 < first < last:
        raise ValueError(
          f"profile_steps={first},{last}: expected two steps above 0, the "
          "first before the second"
        )
    for field in dataclasses.fields(self):
      if field.name == "profile_steps":
        continue
      value = getattr(self, field.name)
      may_be_0 = ("seed", "keep_checkpoint_max", "require_latest")
      least = 0 if field.name in may_be_0 else 1
      if value < least:
        raise ValueError(f"{field.name}={value} is below {least}")


def parse_profile_steps(values: list[str] | None) -> tuple[int, int] | None:
  """The flag `profile_steps`, two numbers, or None.

  Raises:
    ValueError: It is anything else.
  """
  if not values:
    return None
  try:
    first, last = map(int, values)
  except ValueError:
    raise ValueError(
      f"profile_steps={','.join(values)} is not two steps such as 10,20"
    ) from None
  return first, last

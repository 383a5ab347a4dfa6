"""Flags that name a model: names become files before a command starts."""

from collections.abc import Callable, Sequence

from absl import flags

from bert_tf.checkpoints import beside_checkpoint
from bert_tf.commands import path_flags
from bert_tf.model_files import model_names

FLAGS = flags.FLAGS
flags.disclaim_key_flags()

_CHECKPOINT = "init_checkpoint"
# Flags that take a model, by its path or by its name.
_MODELS = (
  *(_CHECKPOINT, "teacher_checkpoint"),
  *("checkpoint", "compare_with", "input"),
)
# Flags that take a file of a model, and where it lies beside a checkpoint.
_FILES: dict[str, tuple[str, Callable[[str], str | None]]] = {
  "bert_config_file": ("configuration", beside_checkpoint.config),
  "vocab_file": ("vocabulary", beside_checkpoint.vocabulary),
}
# Those that the command cannot do without, see `may_lie_beside`.
_needed: set[str] = set()


def may_lie_beside(name: str) -> None:
  """Lets a needed flag be left out where --init_checkpoint is given.

  Args:
    name: A flag of `_FILES` of the command that has --init_checkpoint, too.
  """
  _needed.add(name)
  flags.register_multi_flags_validator(  # type: ignore[no-untyped-call]
    [name, _CHECKPOINT],
    lambda values: any(values.values()),
    f"--{name} must be given, or --{_CHECKPOINT} of a model that has it",
  )


def resolve() -> None:
  """Puts files in the place of names, and of flags that are not given.

  Models that are not there are downloaded.

  Raises:
    OSError: A model cannot be downloaded, or there is none of that name.
    ValueError: A model lacks a file that is not given either, or as of
      `path_flags.check`.
  """
  path_flags.check()
  for name in _MODELS:
    if _value(name):
      _set(name, model_names.resolve(_value(name)))
  checkpoint = _value(_CHECKPOINT)
  for name, (what, find) in _FILES.items():
    given = _value(name)
    if given and model_names.is_name(given):
      _set(name, find(model_names.resolve(given)))
    elif name in FLAGS and not given and checkpoint:
      found = find(checkpoint)
      if not found and name in _needed:
        raise ValueError(
          f"--{name} must be given: there is no {what} beside "
          f"--{_CHECKPOINT}={checkpoint}"
        )
      _set(name, found)


def layers(given: Sequence[str] | None) -> tuple[int, ...]:
  """The numbers of layers in a flag that lists them.

  Raises:
    ValueError: One is no number.
  """
  wrong = [text for text in given or () if not text.strip().isdecimal()]
  if wrong:
    raise ValueError(
      f"--init_from_layers names {wrong[0]!r}, expected numbers of layers, "
      "from 0, with commas between them"
    )
  return tuple(int(text) for text in given or ())


def _value(name: str) -> str:
  """The value of a flag; empty if the command has no such flag."""
  return str(FLAGS[name].value or "") if name in FLAGS else ""


def _set(name: str, value: str | None) -> None:
  setattr(FLAGS, name, value)

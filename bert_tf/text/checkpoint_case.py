"""Whether `do_lower_case` fits the checkpoint, told by the checkpoint's name.

Google's checkpoints carry their kind in the name of their directory. Training
an uncased model on cased text, or the other way round, goes wrong silently, so
the names are compared before anything starts.
"""

import re

# Layers, hidden size and heads of the small models of 2020, all uncased.
_SMALL_LAYERS = (2, 4, 6, 8, 10, 12)
_SMALL_WIDTHS = ((128, 2), (256, 4), (512, 8), (768, 12))

LOWER_CASED_MODELS = frozenset(
  {
    "uncased_L-24_H-1024_A-16",
    "uncased_L-12_H-768_A-12",
    "multilingual_L-12_H-768_A-12",
    "chinese_L-12_H-768_A-12",
    "wwm_uncased_L-24_H-1024_A-16",
  }
  | {
    f"uncased_L-{layers}_H-{hidden}_A-{heads}"
    for layers in _SMALL_LAYERS
    for hidden, heads in _SMALL_WIDTHS
  }
)

CASED_MODELS = frozenset(
  {
    "cased_L-12_H-768_A-12",
    "cased_L-24_H-1024_A-16",
    "multi_cased_L-12_H-768_A-12",
    "wwm_cased_L-24_H-1024_A-16",
  }
)

_CHECKPOINT = re.compile(r"^.*?([A-Za-z0-9_-]+)/bert_model.ckpt")


def stated_case(init_checkpoint: str | None) -> tuple[str, bool] | None:
  """The model that a checkpoint's path names, and whether it is uncased.

  Args:
    init_checkpoint: As of `validate_case_matches_checkpoint`.

  Returns:
    None if the path names none of Google's models.
  """
  path = init_checkpoint or ""
  for full in (path, f"{path.rstrip('/')}/bert_model.ckpt"):
    match = _CHECKPOINT.match(full)
    name = match.group(1) if match else ""
    if name in LOWER_CASED_MODELS or name in CASED_MODELS:
      return name, name in LOWER_CASED_MODELS
  return None


def validate_case_matches_checkpoint(
  do_lower_case: bool | None, init_checkpoint: str | None
) -> None:
  """Checks the flag against the kind that the checkpoint's name states.

  A name that is not one of Google's says nothing and passes.

  Args:
    do_lower_case: the flag; None if it is not given, which fits all.
    init_checkpoint: `<directories>/<model name>/bert_model.ckpt`, its folder,
      or nothing.

  Raises:
    ValueError: the model is known and is of the other kind.
  """
  stated = stated_case(init_checkpoint)
  if stated is None or do_lower_case in (None, stated[1]):
    return
  name, wanted = stated
  kind = "uncased" if wanted else "cased"
  raise ValueError(
    f"--init_checkpoint={init_checkpoint} names the {kind} model {name}, "
    f"but found --do_lower_case={do_lower_case}; pass "
    f"--do_lower_case={wanted}, so that text is read as it was in "
    "pre-training. If the name misleads, rename the directory"
  )

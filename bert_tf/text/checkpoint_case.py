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


def validate_case_matches_checkpoint(
  do_lower_case: bool, init_checkpoint: str | None
) -> None:
  """Checks the flag against the kind that the checkpoint's name states.

  A name that is not one of Google's says nothing and passes.

  Args:
    do_lower_case: the flag.
    init_checkpoint: `<directories>/<model name>/bert_model.ckpt`, or nothing.

  Raises:
    ValueError: the model is known and is of the other kind.
  """
  match = _CHECKPOINT.match(init_checkpoint or "")
  if not match:
    return
  name = match.group(1)
  for models, kind, wanted in (
    (LOWER_CASED_MODELS, "uncased", True),
    (CASED_MODELS, "cased", False),
  ):
    if name in models and do_lower_case != wanted:
      raise ValueError(
        f"--init_checkpoint={init_checkpoint} names the {kind} model {name}, "
        f"but found --do_lower_case={do_lower_case}; pass "
        f"--do_lower_case={wanted}, so that text is read as it was in "
        "pre-training. If the name misleads, rename the directory"
      )

"""What the log says of a checkpoint that was loaded."""

from absl import logging

from bert_tf.checkpoints import loader

_NAMED = 6


def log(where: str, report: loader.LoadReport) -> None:
  """Logs one line; each variable with its reason at `--verbosity=1`.

  Args:
    where: What the line begins with.
    report: What was loaded.
  """
  for line in report.lines():
    logging.debug("%s: %s", where, line)
  parts = [f"loaded {len(report.loaded)} variables"]
  if report.missing:
    more = len(report.missing) - _NAMED
    tail = f" and {more} more" if more > 0 else ""
    parts.append(f"new: {', '.join(report.missing[:_NAMED])}{tail}")
  unused = []
  if report.unused:
    unused.append(f"{len(report.unused)} other variables")
  if report.training_state:
    unused.append(f"{report.training_state} optimizer entries")
  if unused:
    parts.append(f"not used: {', '.join(unused)}")
  logging.info("%s: %s", where, "; ".join(parts))

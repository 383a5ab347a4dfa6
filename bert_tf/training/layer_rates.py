"""Layer-wise decay of the learning rate: lower layers learn more slowly."""

import re
from collections.abc import Sequence

_LAYER = re.compile(r"(?:^|/)encoder/layer_(\d+)/")
_EMBEDDINGS = re.compile(r"(?:^|/)embeddings/")


def factors(names: Sequence[str], layer_decay: float) -> list[float]:
  """What the learning rate of each variable is multiplied with, in order.

  With decay d and L layers it is 1 for head and pooler, d^(L - i) for layer i
  from 0, so d for the topmost, and d^(L + 1) for the embeddings. Source: Howard
  and Ruder, arXiv 1801.06146, section 3.2; BEiT, arXiv 2106.08254.

  Args:
    names: Names of the variables, without ":0".
    layer_decay: d; 1.0 gives no factors.
  """
  if layer_decay == 1.0:
    return []
  numbers = {x: int(m[1]) for x in names if (m := _LAYER.search(x))}
  layers = max(numbers.values(), default=-1) + 1
  depths = {x: layers - number for x, number in numbers.items()}
  depths |= {x: layers + 1 for x in names if _EMBEDDINGS.search(x)}
  return [layer_decay ** depths.get(name, 0) for name in names]

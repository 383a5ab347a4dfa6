"""The page that shows attention: one file of HTML, with all that it needs.

The text is data of the page, never a part of its markup; the page's security
policy lets no script run but its own, and nothing be fetched.
"""

import base64
import dataclasses
import hashlib
import json
import pathlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_TEMPLATE = pathlib.Path(__file__).with_name("page.html")
# What a browser takes for the end of the data, or of a line, within it.
_UNSAFE = {
  ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"
}
_STEPS = 0xFFFF  # A probability is a whole number of them.


@dataclasses.dataclass(frozen=True)
class AttentionView:
  """What a page shows.

  Attributes:
    model: What the model is called.
    tokens: The word pieces, [CLS] and [SEP] among them: S of them.
    segments: 0 or 1 for each.
    probabilities: float32 [L, N, S, S]: for each layer and head the weights of
      all tokens (the last axis) in what a token (the axis before) takes.
  """

  model: str
  tokens: Sequence[str]
  segments: Sequence[int]
  probabilities: npt.NDArray[np.float32]


def html(view: AttentionView) -> str:
  """The page.

  Probabilities are rounded to multiples of 1 / 65535.
  """
  layers, heads, _, _ = view.probabilities.shape
  steps = np.rint(view.probabilities * _STEPS).astype("<u2")
  data = {
    "model": view.model,
    "tokens": list(view.tokens),
    "segments": [int(segment) for segment in view.segments],
    "layers": layers,
    "heads": heads,
    "attention": base64.b64encode(steps.tobytes()).decode(),
  }
  template = _TEMPLATE.read_text("utf-8")
  policy = "; ".join(
    [
      "default-src 'none'",
      f"style-src {_hash_of('style', template)}",
      f"script-src {_hash_of('script', template)}",
    ]
  )
  # The data comes last: what is in it is not looked at for a place.
  return template.replace("@POLICY@", policy).replace(
    "@DATA@", json.dumps(data).translate(_UNSAFE)
  )


def _hash_of(element: str, template: str) -> str:
  """What a security policy calls the text of the page's one such element."""
  (text,) = re.findall(rf"<{element}>(.*?)</{element}>", template, re.S)
  digest = hashlib.sha256(text.encode()).digest()
  return f"'sha256-{base64.b64encode(digest).decode()}'"

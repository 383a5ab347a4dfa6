"""The page of a server: one file of HTML with all that it needs.

Its security policy lets no script run but its own, and lets it ask only the
server that it is from.
"""

import base64
import dataclasses
import hashlib
import pathlib
import re

_FILE = pathlib.Path(__file__).with_name("serving_page.html")
_REST = (
  "default-src 'none'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
)


@dataclasses.dataclass(frozen=True)
class ServingPage:
  """The page, and its content security policy."""

  html: str
  policy: str


def read() -> ServingPage:
  """Reads the page."""
  html = _FILE.read_text("utf-8")
  own = [
    f"{tag}-src {_hash(re.findall(f'<{tag}>(.*?)</{tag}>', html, re.S)[0])}"
    for tag in ("style", "script")
  ]
  return ServingPage(html, "; ".join([*_REST, *own]))


def _hash(text: str) -> str:
  digest = hashlib.sha256(text.encode()).digest()
  return f"'sha256-{base64.b64encode(digest).decode()}'"

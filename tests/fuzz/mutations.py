"""Damage to a file: bytes and, in JSON files, values of another kind."""

import json

from hypothesis import strategies as st

_ODD_BYTES = (
  b"",
  b"\0",
  b"\xff\xfe",
  b"\xed\xa0\x80",
  b"\r\n",
  b"\t",
  b"\n\n",
  b'"',
  b"{",
  b"[" * 2000,
  b"9" * 400,
  b"\x00" * 64,
  b"\xff" * 64,
  "\N{ZERO WIDTH SPACE}\N{COMBINING ACUTE ACCENT}".encode(),
)
_ODD_VALUES = (
  None,
  True,
  -1,
  0,
  0.5,
  10**30,
  float("nan"),
  float("inf"),
  "",
  "x",
  "\ud800",
  "..",
  "/",
  "0",
  [],
  [[]],
  {},
  {"": None},
)

# Where in a file, as a share of its length; how many bytes; what comes there.
_AT = st.integers(0, 10_000)
_WIDTH = st.sampled_from((1, 1, 1, 2, 4, 8, 50, 1000))
_INSERTED = st.one_of(st.sampled_from(_ODD_BYTES), st.binary(max_size=12))
_BIT = st.integers(0, 7)


def _flipped(data, at, bit):
  if not data:
    return data
  changed = bytearray(data)
  changed[at] ^= 1 << bit
  return bytes(changed)


def _one(data, kind, at, width, inserted, bit):
  """The data with one piece of damage."""
  at = at * max(len(data) - 1, 0) // 10_000
  if kind == "flip":
    return _flipped(data, at, bit)
  if kind == "cut":
    return data[:at]
  if kind == "remove":
    return data[:at] + data[at + width :]
  if kind == "insert":
    return data[:at] + inserted + data[at:]
  if kind == "overwrite":
    return data[:at] + inserted + data[at + len(inserted) :]
  return data[:at] + data[at : at + width] * 2 + data[at + width :]  # repeat


_DAMAGE = st.tuples(
  st.sampled_from(("flip", "cut", "remove", "insert", "overwrite", "repeat")),
  *(_AT, _WIDTH, _INSERTED, _BIT),
)


@st.composite
def damaged(draw, data):
  """The bytes of a file with one to three pieces of damage."""
  for damage in draw(st.lists(_DAMAGE, min_size=1, max_size=3)):
    data = _one(data, *damage)
  return data


def _places(value, path=()):
  """Paths to all values within a JSON value."""
  yield path
  if isinstance(value, dict):
    for key, inner in value.items():
      yield from _places(inner, (*path, key))
  elif isinstance(value, list):
    for index, inner in enumerate(value[:20]):
      yield from _places(inner, (*path, index))


def _replaced(value, path, change):
  if not path:
    return change(value)
  copy = dict(value) if isinstance(value, dict) else list(value)
  copy[path[0]] = _replaced(value[path[0]], path[1:], change)
  return copy


@st.composite
def damaged_json(draw, data):
  """A JSON file in which a value is another one, or a key is gone."""
  value = json.loads(data)
  path = draw(st.sampled_from(list(_places(value))))
  if path and isinstance(path[-1], str) and draw(st.booleans()):
    value = _replaced(
      value,
      path[:-1],
      lambda inner: {k: v for k, v in inner.items() if k != path[-1]},
    )
  else:
    odd = draw(st.sampled_from(_ODD_VALUES))
    value = _replaced(value, path, lambda _: odd)
  return json.dumps(value).encode("utf-8", "surrogatepass")


def of_file(name, data):
  """Damage to a file of that name."""
  if name.endswith(".json") and data.strip():
    return st.one_of(damaged(data), damaged_json(data))
  return damaged(data)

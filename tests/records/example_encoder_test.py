import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from bert_tf.records import example_encoder


def message(values):
  """The same as a protocol buffer."""
  example = tf.train.Example()
  example.features.SetInParent()
  for name, numbers in values.items():
    feature = example.features.feature[name]
    if any(isinstance(number, float) for number in numbers):
      feature.float_list.value.extend(numbers)
    else:
      feature.int64_list.SetInParent()
      feature.int64_list.value.extend(numbers)
  return example


@hypothesis.settings(deadline=None)
@hypothesis.given(
  st.dictionaries(
    st.text(max_size=200),
    st.one_of(
      st.lists(st.integers(-(2**63), 2**63 - 1), max_size=200),
      st.lists(st.integers(0, 300), max_size=200),
      st.lists(st.floats(width=32, allow_nan=False), max_size=50),
    ),
    min_size=1,
    max_size=5,
  )
)
def test_is_protobufs_encoding(values):
  data = example_encoder.encode_example(values)
  assert tf.train.Example.FromString(data) == message(values)
  # The order of entries apart, these are the only bytes for it.
  assert len(data) == message(values).ByteSize()


def test_order_is_that_of_the_names():
  values = {"b": [1], "é": [2.5], "a": [3, -4], "ab": []}
  data = example_encoder.encode_example(values)
  places = [
    data.index(b"\x0a" + bytes([len(n)]) + n)
    for n in (b"a", b"ab", b"b", "é".encode())
  ]
  assert places == sorted(places)
  assert data == example_encoder.encode_example(dict(sorted(values.items())))


def test_tensorflow_parses_it():
  data = example_encoder.encode_example(
    {"ids": [1, -2, 1 << 40], "weights": [0.5, 2.0], "is_real": [True]}
  )
  parsed = tf.io.parse_single_example(
    data,
    {
      "ids": tf.io.FixedLenFeature([3], tf.int64),
      "weights": tf.io.FixedLenFeature([2], tf.float32),
      "is_real": tf.io.FixedLenFeature([1], tf.int64),
    },
  )
  assert parsed["ids"].numpy().tolist() == [1, -2, 1 << 40]
  assert parsed["weights"].numpy().tolist() == [0.5, 2.0]
  assert parsed["is_real"].numpy().tolist() == [1]


def test_many_are_each():
  columns = {
    "b": np.arange(12, dtype=np.int32).reshape(3, 4) * 1000,
    "a": np.linspace(0, 1, 6).reshape(3, 2),
    "none": np.zeros((3, 0), np.int64),
  }
  data, starts = example_encoder.encode_examples(columns)
  assert starts[0] == 0 and starts[-1] == len(data) and len(starts) == 4
  for row in range(3):
    record = data[starts[row] : starts[row + 1]].tobytes()
    one = {name: column[row] for name, column in columns.items()}
    assert record == example_encoder.encode_example(one)
    example = tf.train.Example.FromString(record)
    assert example == message({n: v.tolist() for n, v in one.items()})


def test_no_examples():
  data, starts = example_encoder.encode_examples(
    {"a": np.zeros((0, 4), np.int64)}
  )
  assert len(data) == 0 and starts.tolist() == [0]


@pytest.mark.parametrize(
  ("values", "kind", "message"),
  [
    (
      {"text": ["a"]},
      TypeError,
      "feature 'text' has values of type <U1, expected integers, bools or "
      "floats",
    ),
    (
      {"ids": [[1, 2]]},
      ValueError,
      "feature 'ids' has shape [1, 2], expected a flat list of numbers",
    ),
  ],
)
def test_errors(values, kind, message):
  with pytest.raises(kind) as error:
    example_encoder.encode_example(values)
  assert str(error.value) == message


@pytest.mark.parametrize(
  ("columns", "shapes"),
  [
    ({}, "{}"),
    ({"a": np.zeros(3)}, "{'a': [3]}"),
    (
      {"a": np.zeros((3, 2)), "b": np.zeros((2, 2))},
      "{'a': [3, 2], 'b': [2, 2]}",
    ),
  ],
)
def test_shapes(columns, shapes):
  with pytest.raises(ValueError) as error:
    example_encoder.encode_examples(columns)
  assert str(error.value) == (
    f"features have the shapes {shapes}, expected [examples, values] with the "
    "same number of examples in each"
  )

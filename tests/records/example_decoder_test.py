import tensorflow as tf

from bert_tf.records import example_decoder, example_encoder


def test_is_what_was_encoded():
  numbers = {
    "ids": [0, 127, 128, 2**31, 2**63 - 1, -1, -(2**63)],
    "weights": [0.0, 1.0, -0.5],
    "none": [],
    "a" * 200: [1] * 300,
  }
  record = example_encoder.encode_example(numbers)
  assert example_decoder.decode_example(record) == numbers


def test_tensorflows_records():
  example = tf.train.Example()
  example.features.feature["a"].int64_list.value.extend([3, -4])
  example.features.feature["b"].float_list.value.extend([0.25])
  found = example_decoder.decode_example(example.SerializeToString())
  assert found == {"a": [3, -4], "b": [0.25]}

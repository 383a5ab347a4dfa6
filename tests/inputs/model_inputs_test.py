import numpy as np

from bert_tf.inputs import model_inputs


def test_pads_to_the_longest():
  found = model_inputs.stack([[7, 8], [9]], [[0, 1], [1]])
  assert {name: x.tolist() for name, x in found.items()} == {
    "input_ids": [[7, 8], [9, 0]],
    "input_mask": [[1, 1], [1, 0]],
    "segment_ids": [[0, 1], [1, 0]],
  }
  assert all(x.dtype == np.int32 for x in found.values())


def test_pads_to_a_length_given():
  found = model_inputs.stack([[7, 8]], length=4)
  assert found["input_ids"].tolist() == [[7, 8, 0, 0]]
  assert not found["segment_ids"].any()


def test_nothing():
  assert model_inputs.stack([])["input_ids"].shape == (0, 0)

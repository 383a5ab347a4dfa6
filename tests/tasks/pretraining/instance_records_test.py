"""Records of instances made by hand, with ids of all sizes."""

import numpy as np

from bert_tf.native import instance_kernel
from bert_tf.records import example_decoder, shuffled_bytes
from bert_tf.tasks.pretraining import instance_records, packed_instances

LENGTH, MOST = 12, 3
# The least and the largest ids of one byte, of two, ...
IDS = [0, 127, 128, (1 << 14) - 1, 1 << 14, (1 << 21) - 1, 1 << 21]
IDS += [(1 << 28) - 1, 1 << 28, (1 << 31) - 1]


def store(*instances):
  """A store of (tokens, where the second segment starts, positions, labels)."""
  tokens, second, positions, labels = zip(*instances, strict=True)
  token_ends = np.cumsum([len(part) for part in tokens])
  mask_ends = np.cumsum([len(part) for part in labels])
  return instance_kernel.Store(
    tokens=np.concatenate(tokens).astype(np.int32),
    token_ends=token_ends,
    segment_b=np.array(second, np.int32),
    is_random_next=np.arange(len(second), dtype=np.int32) % 2,
    positions=np.concatenate(positions).astype(np.int32),
    labels=np.concatenate(labels).astype(np.int32),
    mask_ends=mask_ends,
    used=np.array([len(second), token_ends[-1], mask_ends[-1]]),
  )


def padded(values, width):
  return [*values, *[0] * (width - len(values))]


def test_ids_of_all_sizes():
  instances = [
    (IDS, 4, [1, 9], [IDS[-1], 5]),
    (IDS[::-1], 6, [2, 3, 4], [128, 1 << 21, 127]),
    ([7, 1, 7, 2, 7], 3, [1], [1 << 14]),
    ([3, 3, 3], 2, [], []),
  ]
  layout = instance_records.layout(LENGTH, MOST)
  with shuffled_bytes.ShuffledBytes(None) as packed:
    packed_instances.add_all(store(*instances[:3]), packed)
    packed_instances.add_all(store(instances[3]), packed)
    for number, (tokens, second, positions, labels) in enumerate(instances):
      example = instance_records.example(packed.get(number), layout)
      segments = [0] * second + [1] * (len(tokens) - second)
      assert example_decoder.decode_example(example) == {
        "input_ids": padded(tokens, LENGTH),
        "input_mask": padded([1] * len(tokens), LENGTH),
        "masked_lm_ids": padded(labels, MOST),
        "masked_lm_positions": padded(positions, MOST),
        "masked_lm_weights": padded([1.0] * len(labels), MOST),
        "next_sentence_labels": [1 if number == 1 else 0],
        "segment_ids": padded(segments, LENGTH),
      }

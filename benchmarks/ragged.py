"""Prediction where lengths vary: with padding, and without."""

import os
from typing import Any

import numpy as np

from benchmarks import workers

_LONGEST, _MEAN, _SPREAD = 128, 38, 0.6
_BATCH = 32
# Whether batches are made by length, and whether padding is skipped.
MODES = {
  "padded": (False, False),
  "by length": (True, False),
  "by length, real tokens": (True, True),
}


def features(config: Any, examples: int) -> workers.Batch:
  """Random examples of log-normal lengths, all padded to the longest."""
  rng = np.random.default_rng(7)
  lengths = rng.lognormal(np.log(_MEAN), _SPREAD, examples)
  for _ in range(3):  # as none is longer than the longest
    lengths = np.clip(lengths * _MEAN / lengths.mean(), 3, _LONGEST)
  lengths = lengths.round().astype(int)
  mask = np.arange(_LONGEST) < lengths[:, None]
  ids = rng.integers(5, config.vocab_size, mask.shape)
  arrays = {
    "input_ids": ids * mask,
    "input_mask": mask,
    "segment_ids": np.zeros_like(ids),
  }
  return {name: np.array(x, np.int32) for name, x in arrays.items()}


def predict(folder: str, dtype: str, mode: str) -> workers.Run:
  """`batch_predictor.predict`, as runners call it: first tokens' vectors."""
  import tensorflow as tf

  import bert_tf
  from bert_tf.kernels import modes, onednn_kernels
  from bert_tf.training import batch_predictor

  onednn_kernels.assume_frozen_weights()

  path = os.path.join(folder, "google")
  model = bert_tf.BertModel.from_checkpoint(path, dtype=dtype)
  by_length, skips = MODES[mode]

  def call(model: Any, batch: Any) -> Any:
    output = model(batch, mode=modes.Mode(packed=skips))
    vectors = output.sequence_output[:, 0]
    return {"vectors": tf.cast(vectors, tf.float32)}

  strategy = tf.distribute.get_strategy()

  def run(batch: workers.Batch) -> Any:
    return batch_predictor.predict(
      strategy, model, call, batch, _BATCH, by_length=by_length
    )["vectors"]

  return run

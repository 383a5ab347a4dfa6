"""As a program, applies models whose weights are taken as frozen, or not.

`applying.py SETTINGS`: JSON, `assumes`, whether `assume_frozen_weights` is
called. Prints what it saw, JSON:

  errors: The largest difference of a model's graph from the original, or of
    another model's graph from its eager ops, by what it was applied to.
  notices: Whether a graph sees that a weight has changed since its first run.
"""

import json
import sys

import numpy as np
import tensorflow as tf

import bert_tf
from bert_tf.kernels import onednn_kernels
from tests.models import tiny


def error(got, want):
  return float(np.abs(np.asarray(got) - np.asarray(want)).max())


def main():
  if json.loads(sys.argv[1])["assumes"]:
    onednn_kernels.assume_frozen_weights()
  batch = tiny.encoder_batch()
  want = tiny.golden()["out/all_encoder_layers"][-1]
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  graph = tiny.in_graph(model)

  def run(inputs):
    return graph(inputs).sequence_output

  one = {name: x[:1] for name, x in batch.items()}
  errors = {"batch": error(run(batch), want), "one": error(run(one), want[:1])}
  errors["again"] = error(run(batch), want)

  # Layers of one shape, other weights: nothing of the first model may stay.
  other = bert_tf.BertModel(tiny.CONFIG)
  got = tiny.in_graph(other)(batch).sequence_output
  errors["other"] = error(got, other(batch).sequence_output)
  errors["eager"] = error(model(batch).sequence_output, want)

  kernel = model.blocks[0].intermediate.kernel
  kernel.assign(tf.zeros_like(kernel))
  notices = error(run(batch), want) > 1e-3
  print(json.dumps({"errors": errors, "notices": notices}))


if __name__ == "__main__":
  main()

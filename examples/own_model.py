"""A head of one's own on BERT: how strongly a sentence complains, from 0 to 3.

The levels have an order, so the head learns one score and three thresholds: a
sentence is of level k or above where its score passes threshold k.

  python examples/own_model.py [MODEL [EPOCHS]]

MODEL is a model's name or folder; BERT-Tiny by default, which is downloaded.
"""

import sys

import bert_tf  # before TensorFlow, so that both use tf_keras

# isort: split
import numpy as np
import tensorflow as tf
import tf_keras

LEVELS = 4
EXAMPLES = (
  ("The parcel came on Monday.", 0),
  ("Thank you, the lamp works well.", 0),
  ("The box was a little dented.", 1),
  ("It took some days longer than I had hoped.", 1),
  ("The handle broke in the first week.", 2),
  ("I have written twice and had no answer.", 2),
  ("It caught fire, and nobody picks up the phone!", 3),
  ("Never again: broken, late, and they keep my money.", 3),
)


class OrderedLevels(tf_keras.Model):
  """BERT with a score and thresholds on it.

  Args:
    bert: The encoder.
    levels: How many levels there are, K.
  """

  def __init__(self, bert: bert_tf.BertModel, levels: int):
    super().__init__()
    self.bert = bert
    self.score = tf_keras.layers.Dense(1, use_bias=False, name="score")
    self.thresholds = self.add_weight(
      name="thresholds",
      shape=[levels - 1],
      initializer=tf_keras.initializers.Constant(
        np.linspace(-1, 1, levels - 1)
      ),
    )

  def call(self, inputs, training=False):
    """Logits that each threshold is passed, [B, K - 1]."""
    pooled = self.bert(inputs, training=training).pooled_output  # [B, H]
    return self.score(pooled) - self.thresholds  # [B, 1] - [K - 1]


def passed(levels):
  """Which thresholds a level passes, float32 [B, K - 1]."""
  return np.float32(np.asarray(levels)[:, None] > np.arange(LEVELS - 1))


def main(name="uncased_L-2_H-128_A-2", epochs=20):
  """Trains on the examples and prints what the model says of them."""
  folder = bert_tf.download_model(name)
  tokenizer = bert_tf.FullTokenizer(f"{folder}/vocab.txt")
  model = OrderedLevels(bert_tf.BertModel.from_checkpoint(folder), LEVELS)
  texts, levels = zip(*EXAMPLES, strict=True)
  inputs = tokenizer(texts, max_seq_length=32)
  batches = tf.data.Dataset.from_tensor_slices((inputs, passed(levels)))
  model.compile(
    bert_tf.create_optimizer(
      1e-3, epochs, epochs // 10, "adamw_bias_corrected"
    ),
    tf_keras.losses.BinaryCrossentropy(from_logits=True),
  )
  history = model.fit(batches.batch(len(texts)), epochs=int(epochs), verbose=0)
  losses = history.history["loss"]
  print(f"loss {losses[0]:.3f} to {losses[-1]:.3f}")
  found = np.sum(model.predict(inputs, verbose=0) > 0, axis=-1)
  for text, level, guess in zip(texts, levels, found, strict=True):
    print(f"{guess} ({level})  {text}")


if __name__ == "__main__":
  main(*sys.argv[1:2], *map(int, sys.argv[2:3]))

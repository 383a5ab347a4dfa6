"""BERT in NumPy on Hugging Face's own tensors: shares no code with bert_tf."""

import numpy as np
import scipy.special


def gelu_erf(x):
  return 0.5 * x * (1 + scipy.special.erf(x / np.sqrt(2)))


def encode(tensors, ids, mask, heads, activation=gelu_erf):
  """[B, S, H], float64; segment ids are 0.

  Args:
    tensors: By names as in model.safetensors, without "bert.".
    ids: [B, S].
    mask: [B, S].
    heads: Of attention.
    activation: A function.
  """
  t = {name: np.float64(value) for name, value in tensors.items()}

  def dense(scope, x):
    return x @ t[f"{scope}.weight"].T + t[f"{scope}.bias"]

  def norm(scope, x):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-12)
    return x * t[f"{scope}.weight"] + t[f"{scope}.bias"]

  def split(x):  # [B, N, S, D]
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)

  e = "embeddings"
  x = t[f"{e}.word_embeddings.weight"][ids]
  x = x + t[f"{e}.position_embeddings.weight"][: ids.shape[1]]
  x = norm(f"{e}.LayerNorm", x + t[f"{e}.token_type_embeddings.weight"][0])
  bias = np.where(mask, 0.0, -np.inf)[:, None, None]
  layer = 0
  while f"encoder.layer.{layer}.output.dense.bias" in t:
    scope = f"encoder.layer.{layer}"
    query, key, value = (
      split(dense(f"{scope}.attention.self.{name}", x))
      for name in ("query", "key", "value")
    )
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1])
    context = scipy.special.softmax(scores + bias, -1) @ value
    context = context.transpose(0, 2, 1, 3).reshape(x.shape)
    attended = dense(f"{scope}.attention.output.dense", context)
    x = norm(f"{scope}.attention.output.LayerNorm", x + attended)
    wide = activation(dense(f"{scope}.intermediate.dense", x))
    x = norm(
      f"{scope}.output.LayerNorm", x + dense(f"{scope}.output.dense", wide)
    )
    layer += 1
  return x

"""Asks SavedModels, as a program that has only TensorFlow.

Reads JSON from standard input: a list of [path, signature, inputs by name];
prints the outputs by name. Strings are bytes, written as Latin-1.
"""

import importlib.util
import json
import sys

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401


def _tensor(value):
  array = np.asarray(value)
  if array.dtype.kind in "US":
    strings = [text.encode("latin-1") for text in array.ravel().tolist()]
    return tf.reshape(tf.constant(strings, tf.string), array.shape)
  return tf.constant(array, tf.int32)


def _plain(value):
  if isinstance(value, bytes):
    return value.decode("latin-1")
  return [_plain(x) for x in value] if isinstance(value, list) else value


def main():
  assert importlib.util.find_spec("bert_tf") is None
  answers = []
  loaded = {}
  for path, signature, inputs in json.load(sys.stdin):
    if path not in loaded:
      loaded[path] = tf.saved_model.load(path)
    function = loaded[path].signatures[signature]
    outputs = function(**{k: _tensor(v) for k, v in inputs.items()})
    answers.append({k: _plain(v.numpy().tolist()) for k, v in outputs.items()})
  json.dump(answers, sys.stdout)


if __name__ == "__main__":
  main()

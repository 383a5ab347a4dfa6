"""What a test needs that not every Python has."""

import importlib.util

import pytest


def addons():
  """Skips where there is no tensorflow-addons: from Python 3.12 on.

  It is looked for, not imported: that is for `bert_tf.training.addons` alone.
  """
  if not importlib.util.find_spec("tensorflow_addons"):
    pytest.skip("tensorflow-addons has no release for this Python")


def optimizer(name):
  """Skips where an optimizer's package is missing."""
  if name == "lamb":
    addons()

"""Processes that take weights as frozen: what they compute, and do not see."""

import json
import pathlib

import pytest

from bert_tf.kernels import onednn_kernels
from tests import processes

_PROGRAM = pathlib.Path(__file__).with_name("applying.py")


def applied(assumes, **env):
  output = processes.finish(
    processes.start(_PROGRAM, {"assumes": assumes}, env=env)
  )
  return json.loads(output.splitlines()[-1])


@pytest.fixture(scope="module")
def frozen():
  return applied(True)


def test_outputs_are_the_original_s(frozen):
  errors = frozen["errors"]
  assert set(errors) == {"batch", "one", "again", "other", "eager"}
  assert max(errors.values()) < 5e-6


@pytest.mark.skipif(not onednn_kernels.is_on(), reason="oneDNN is off")
def test_weights_are_looked_at_once(frozen):
  """Else nothing is gained; should it fail, TensorFlow has dropped this."""
  assert not frozen["notices"]


@pytest.mark.parametrize(
  "assumes, env",
  [(False, {}), (True, {"TF_ONEDNN_ASSUME_FROZEN_WEIGHTS": "0"})],
)
def test_otherwise_changes_are_seen(assumes, env):
  assert applied(assumes, **env)["notices"]

"""What is compiled, by device."""

import pytest
import tensorflow as tf

from bert_tf.training import compilation


@pytest.mark.parametrize(
  "jit_compile, gpus, replicas, expected",
  [
    (None, 0, 1, "groups"),
    (None, 0, 2, "none"),
    (None, 2, 2, "whole"),
    (True, 0, 1, "whole"),
    (False, 1, 1, "none"),
  ],
)
def test_choice(monkeypatch, jit_compile, gpus, replicas, expected):
  monkeypatch.setattr(
    tf.config, "list_logical_devices", lambda kind: ["GPU"] * gpus
  )

  class Strategy:
    num_replicas_in_sync = replicas

  assert compilation.choose(jit_compile, Strategy()) == expected

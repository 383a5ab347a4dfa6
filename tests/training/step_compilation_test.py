"""What is compiled, by device."""

import pytest
import tensorflow as tf

from bert_tf.training import step_compilation


@pytest.mark.parametrize(
  "jit_compile, gpus, is_one, expected",
  [
    (None, 0, True, "groups"),
    (None, 0, False, "none"),
    (None, 1, True, "whole"),
    (True, 0, True, "whole"),
    (False, 1, True, "none"),
  ],
)
def test_choice(monkeypatch, jit_compile, gpus, is_one, expected):
  monkeypatch.setattr(
    tf.config, "list_logical_devices", lambda kind: ["GPU"] * gpus
  )
  strategy = (
    tf.distribute.OneDeviceStrategy("CPU:0")
    if is_one
    else tf.distribute.get_strategy()
  )
  assert step_compilation.choose(jit_compile, strategy) == expected

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


@pytest.mark.parametrize(
  "pack, compilation, gpus, uses_padding, expected",
  [
    (None, "groups", 0, False, True),
    (None, "none", 0, False, True),
    (None, "groups", 0, True, False),
    (None, "whole", 0, False, False),
    (None, "none", 1, False, False),
    (False, "groups", 0, False, False),
    (True, "none", 1, False, True),
  ],
)
def test_what_is_packed(
  monkeypatch, pack, compilation, gpus, uses_padding, expected
):
  monkeypatch.setattr(
    tf.config, "list_logical_devices", lambda kind: ["GPU"] * gpus
  )
  strategy = tf.distribute.get_strategy()
  found = step_compilation.packs(pack, compilation, strategy, uses_padding)
  assert found == expected


@pytest.mark.parametrize(
  "compilation, uses_padding, message",
  [
    ("whole", False, "jit_compile=True does not allow"),
    ("groups", True, "counts among the tokens"),
  ],
)
def test_what_cannot_be_packed(compilation, uses_padding, message):
  strategy = tf.distribute.get_strategy()
  with pytest.raises(ValueError, match=message):
    step_compilation.packs(True, compilation, strategy, uses_padding)

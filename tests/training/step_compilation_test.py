"""What is compiled, by device."""

import pytest
import tensorflow as tf

from bert_tf.training import device_settings, step_compilation


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
  "pack, compilation, gpus, uses_padding, padding, expected",
  [
    (None, "groups", 0, False, 0.5, True),
    (None, "groups", 0, False, 0.1, True),
    (None, "groups", 0, False, 0.09, False),
    (None, "none", 0, False, 0.5, True),
    (None, "groups", 0, True, 0.5, False),
    (None, "whole", 0, False, 0.5, False),
    (None, "none", 1, False, 0.5, False),
    (False, "groups", 0, False, 0.5, False),
    (True, "groups", 0, False, 0.0, True),
    (True, "none", 1, False, 0.5, True),
  ],
)
def test_what_is_packed(
  monkeypatch, pack, compilation, gpus, uses_padding, padding, expected
):
  monkeypatch.setattr(
    tf.config, "list_logical_devices", lambda kind: ["GPU"] * gpus
  )
  strategy = tf.distribute.get_strategy()
  devices = device_settings.DeviceSettings(pack=pack)
  found = step_compilation.packs(
    devices, compilation, strategy, uses_padding, padding
  )
  assert found == expected


@pytest.mark.parametrize(
  "jit_compile, compilation, uses_padding, message",
  [
    (True, "whole", False, "jit_compile=True does not allow: leave one out"),
    (None, "whole", False, "on a GPU does not allow.* set jit_compile=False"),
    (None, "groups", True, "counts among the tokens"),
  ],
)
def test_what_cannot_be_packed(jit_compile, compilation, uses_padding, message):
  strategy = tf.distribute.get_strategy()
  with pytest.raises(ValueError, match=message):
    step_compilation.packs(
      device_settings.DeviceSettings(jit_compile=jit_compile, pack=True),
      compilation,
      strategy,
      uses_padding,
    )

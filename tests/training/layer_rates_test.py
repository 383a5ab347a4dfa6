"""Learning rates that fall from layer to layer."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.checkpoints import variable_names
from bert_tf.training import fine_tuning_settings, layer_rates, optimizers
from tests.models import tiny

NAMES = {
  "bert/embeddings/word_embeddings": 0.5**4,
  "bert/embeddings/LayerNorm/gamma": 0.5**4,
  "bert/encoder/layer_0/output/dense/kernel": 0.5**3,
  "bert/encoder/layer_2/attention/self/key/bias": 0.5,
  "bert/pooler/dense/kernel": 1.0,
  "output_weights": 1.0,
}


def test_factors():
  assert layer_rates.factors(list(NAMES), 0.5) == list(NAMES.values())
  assert layer_rates.factors(list(NAMES), 1.0) == []
  above = [name for name in NAMES if "layer_0" not in name]
  assert layer_rates.factors(above, 0.5)[-1] == 1.0


def test_every_variable_of_a_model_has_one():
  variables = tiny.pretrainer().trainable_variables
  names = [variable_names.variable_name(x) for x in variables]
  found = layer_rates.factors(names, 0.9)
  count = tiny.CONFIG.num_hidden_layers
  for name, factor in zip(names, found, strict=True):
    part = name.split("/")
    depth = 0
    if part[1] == "embeddings":
      depth = count + 1
    elif part[1] == "encoder":
      depth = count - int(part[2].removeprefix("layer_"))
    assert factor == 0.9**depth, name


@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize("name", ["adamw", "adamw_bias_corrected"])
def test_steps_against_numpy(name, is_compiled):
  start = np.float32([1.0, -2.0])
  gradient = np.float32([0.1, -0.2])
  variables = [tf.Variable(start, name=each) for each in NAMES]
  settings = optimizers.OptimizerSettings(name, 0.5, 100, 0, 0.5)
  opt = optimizers.Optimizer(settings, variables, is_compiled=is_compiled)
  norms = [
    float(opt.apply([tf.constant(gradient)] * len(NAMES))) for _ in range(3)
  ]
  for variable, (full_name, factor) in zip(
    variables, NAMES.items(), strict=True
  ):
    w, m, v = start.astype(np.float64), 0, 0
    decay = 0.01 if variable_names.is_decayed(full_name) else 0.0
    for index in range(3):
      rate = factor * 0.5 * (1 - index / 100)
      g = gradient / max(1.0, norms[index])
      m = 0.9 * m + 0.1 * g
      v = 0.999 * v + 0.001 * g * g
      corrected = 1.0
      if name == "adamw_bias_corrected":
        corrected = np.sqrt(1 - 0.999 ** (index + 1)) / (1 - 0.9 ** (index + 1))
      w = w - rate * decay * w
      w = w - rate * corrected * m / (np.sqrt(v) + 1e-6)
    # In float32 1 - 0.999 is 0.001 up to 5e-5.
    np.testing.assert_allclose(variable, w, rtol=5e-5, err_msg=full_name)


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"layer_decay": 0.0}, "layer_decay=0.0 is not above 0 and at most 1"),
    ({"layer_decay": 1.1}, "layer_decay=1.1 is not above 0 and at most 1"),
    (
      {"layer_decay": 0.9, "optimizer": "lion"},
      "layer_decay=0.9 needs an optimizer that has a rate for each layer: "
      "adamw, adamw_bias_corrected, not lion",
    ),
  ],
)
def test_settings_that_are_wrong(changes, message):
  with pytest.raises(ValueError, match=message):
    fine_tuning_settings.FineTuningSettings("out", **changes)

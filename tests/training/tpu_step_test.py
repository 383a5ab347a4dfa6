"""The whole training step as XLA's operations: what a TPU would be given."""

import collections
import dataclasses
import re

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.models import pretrainer
from bert_tf.tasks.pretraining import loss
from bert_tf.training import optimizers, step_functions

# All of them are in XLA's set for TPUs. No call of a kernel of the host or of a
# library (custom-call), no transfer, no sorting; a loop is over micro-batches.
OPERATIONS = {
  *("add", "and", "bitcast-convert", "broadcast", "compare", "concatenate"),
  *("constant", "convert", "copy", "divide", "dot", "exponential", "gather"),
  *("get-tuple-element", "iota", "log", "maximum", "minimum", "multiply"),
  *("call", "dynamic-slice", "while"),
  *("negate", "or", "pad", "parameter", "power", "reduce", "reshape"),
  *("rng-bit-generator", "rsqrt", "scatter", "select", "set-dimension-size"),
  *("shift-left", "shift-right-logical", "slice", "sqrt", "subtract", "tanh"),
  *("transpose", "tuple", "xor"),
}
# s64 and u64 (steps, random states) are computed in two halves.
DTYPES = {"pred", "s32", "s64", "u32", "u64", "f32", "bf16"}
_INSTRUCTION = re.compile(
  r"^ +(?:ROOT )?\S+ = (\(.*?\)|\S+) ([a-z][a-z0-9-]*)\((.*)$", re.M
)


@pytest.fixture(scope="module", params=["float32", "mixed_bfloat16"])
def step(testdata, request):
  """The precision, the step's losses, its instructions, and their text."""
  config = bert_tf.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  )
  config = dataclasses.replace(config, num_hidden_layers=1)
  model = pretrainer.BertPretrainer(
    config, use_one_hot_embeddings=True, dtype=request.param
  )
  opt = optimizers.Optimizer(
    optimizers.OptimizerSettings("adamw", 1e-3, 20, 0),
    model.trainable_variables,
  )
  train_step = tf.function(
    step_functions.TrainStep(
      model, loss.PretrainingObjective(), opt, micro_batches=2
    ),
    jit_compile=True,
  )
  with np.load(testdata / "tiny" / "modeling.npz") as file:
    batch = {
      name.removeprefix("in/"): tf.constant(file[name])
      for name in file.files
      if name.startswith("in/")
    }
  losses = [float(train_step(batch)["loss"]) for _ in range(8)]
  hlo = train_step.experimental_get_compiler_ir(batch)(stage="hlo")
  found = collections.defaultdict(list)
  for kind, name, rest in _INSTRUCTION.findall(hlo):
    found[name].append((kind, rest))
  return request.param, losses, found, hlo


def test_it_trains(step):
  _, losses, _, _ = step
  assert losses[-1] < 0.8 * losses[0]


def test_shapes_are_static(step):
  *_, hlo = step
  assert "bounded" not in hlo and "<=" not in hlo


def test_every_operation_is_known_to_tpus(step):
  *_, found, hlo = step
  assert set(found) <= OPERATIONS
  assert "rng-bit-generator" in found  # dropout is in it
  assert set(re.findall(r"\b([a-z]+\d*)\[[\d,]*\]", hlo)) <= DTYPES


def test_products_are_of_the_precision(step):
  precision, _, found, _ = step
  dtype = {"float32": "f32", "mixed_bfloat16": "bf16"}[precision]
  assert len(found["dot"]) > 30
  for kind, rest in found["dot"]:
    assert kind.startswith(f"{dtype}["), (kind, rest[:100])
    assert re.match(rf"{dtype}\[.*?, {dtype}\[", rest), rest[:100]


def test_embeddings_are_products(step, testdata):
  """Of one-hot vectors; only the masked positions are picked out."""
  *_, found, _ = step
  size = bert_tf.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  ).vocab_size
  assert any(f"[{size}," in rest for _, rest in found["dot"])
  for kind, rest in found["gather"] + found["scatter"]:
    assert f"[{size}," not in kind + rest

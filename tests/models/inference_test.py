"""The graph of inference: what oneDNN makes of it, and what it computes."""

import collections
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

import bert_tf
from bert_tf.inputs import model_inputs
from bert_tf.kernels import modes, onednn_kernels
from tests import conftest
from tests.models import tiny

LAYERS = 3

needs_onednn = pytest.mark.skipif(
  not onednn_kernels.is_on() or bool(tf.config.list_physical_devices("GPU")),
  reason="oneDNN is off (TF_ENABLE_ONEDNN_OPTS, or another CPU), or a GPU is "
  "there: nothing is fused on the CPU",
)


@pytest.fixture(scope="module")
def golden():
  return tiny.golden()


@pytest.fixture(scope="module")
def batch():
  return tiny.encoder_batch()


def kernels(function, *inputs):
  """How often each kernel is in the optimized graph of a function."""
  context.context().enable_graph_collection()
  try:
    function(*inputs)
    metadata = context.context().export_run_metadata()
  finally:
    context.context().disable_graph_collection()
  found = collections.Counter()
  for graphs in metadata.function_graphs:
    for graph in graphs.partition_graphs:
      for node in graph.node:
        name = node.op.removeprefix("_Mkl").removeprefix("Native")
        fused = node.attr["fused_ops"].list.s
        found["+".join([name, *(one.decode() for one in fused)])] += 1
  return found


def small_model(dtype, hidden_act="gelu"):
  config = bert_tf.BertConfig(
    vocab_size=50,
    hidden_size=32,
    num_hidden_layers=LAYERS,
    num_attention_heads=2,
    intermediate_size=64,
    max_position_embeddings=16,
    hidden_act=hidden_act,
  )
  return bert_tf.BertModel(config, dtype=dtype)


@needs_onednn
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("shape", [(None, None), (2, 8)])
@pytest.mark.parametrize(
  "dtype, hidden_act",
  [
    ("float32", "gelu"),
    ("float32", "gelu_erf"),
    ("bfloat16", "gelu"),
    ("mixed_bfloat16", "gelu_erf"),
  ],
)
def test_what_is_fused(dtype, hidden_act, shape, skip):
  run = tiny.in_graph(small_model(dtype, hidden_act), shape, skip)
  ones = tf.ones([2, 8], tf.int32)
  found = kernels(run, {name: ones for name in model_inputs.NAMES})
  gelu = "GeluExact" if hidden_act == "gelu_erf" else "GeluApproximate"
  expected = {
    f"FusedMatMul+BiasAdd+{gelu}": LAYERS,
    "FusedMatMul+BiasAdd+Add": 2 * LAYERS,  # with the residual
    "FusedBatchMatMulV2+Mul+Add": LAYERS,  # scores, scaled and masked
    "Softmax": LAYERS,
    "BatchMatMulV2": LAYERS,
    "LayerNorm": 2 * LAYERS + 1,
  }
  assert {name: found[name] for name in expected} == expected
  # Queries, keys, values; and the pooler, its tanh apart.
  assert sum(found[x] for x in found if x.startswith("FusedMatMul")) in (
    6 * LAYERS,
    6 * LAYERS + 1,
  )
  loose = {"Mean", "Rsqrt", "SquaredDifference", "FusedBatchNormV3", "Erf"}
  assert not loose & set(found)


@pytest.mark.skipif(onednn_kernels.is_on(), reason="tested in this process")
def test_what_is_fused_where_onednn_is_off_by_default():
  """It can be switched on anywhere; bfloat16 needs a CPU that has it."""
  program = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
  done = subprocess.run(
    [*program, "-k", "what_is_fused and float32", __file__],
    cwd=conftest.ROOT,
    env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"},
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stdout
  assert "8 passed" in done.stdout or "skipped" in done.stdout, done.stdout


def test_the_graph_is_the_original_s(golden, batch):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  tiny.assert_original(tiny.in_graph(model)(batch), golden)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_of_the_graph_are_those_of_eager_ops(batch, jit_compile):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)

  def gradients():
    with tf.GradientTape() as tape:
      loss = tf.reduce_sum(model(batch).pooled_output ** 3)
    variables = model.trainable_variables
    return [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]

  wants = gradients()
  gots = tf.function(gradients, jit_compile=jit_compile)()
  for want, got in zip(wants, gots, strict=True):
    scale = max(float(tf.reduce_max(tf.abs(want))), 1e-3)
    np.testing.assert_allclose(got, want, atol=1e-4 * scale)


def test_skipped_padding_is_zero_and_the_rest_the_same(golden, batch):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  real = golden["in/input_mask"].astype(bool)
  assert not real.all()
  assert real[:, 0].all()
  for output in (
    tiny.in_graph(model, skip=True)(batch),
    _eagerly_skipping(model, batch),
  ):
    layers = tf.stack(output.all_encoder_layers).numpy()  # [L, B, S, H]
    want = golden["out/all_encoder_layers"]
    np.testing.assert_allclose(layers[:, real], want[:, real], atol=5e-6)
    assert not layers[:, ~real].any()
    np.testing.assert_allclose(
      output.pooled_output, golden["out/pooled_output"], atol=5e-6
    )


def _eagerly_skipping(model, batch):
  return model(batch, mode=modes.Mode(packed=True))


def test_an_empty_sequence_disturbs_no_other(batch):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  run = tiny.in_graph(model, skip=True)
  mask = batch["input_mask"].numpy()
  mask[0] = 0
  output = run({**batch, "input_mask": tf.constant(mask)})
  np.testing.assert_allclose(
    output.pooled_output[1:], run(batch).pooled_output[1:], atol=1e-6
  )
  assert np.isfinite(output.pooled_output).all()


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_bfloat16"])
def test_bfloat16_is_near(golden, batch, dtype):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER, dtype=dtype)
  got = tf.cast(tiny.in_graph(model)(batch).sequence_output, tf.float32)
  want = golden["out/all_encoder_layers"][-1]
  error = np.linalg.norm(got - want) / np.linalg.norm(want)
  assert error < 0.02

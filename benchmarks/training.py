"""A step of pre-training against plainer and other ways to it.

Each contender has a process of its own and takes turns with the plain graph,
so that a busy machine slows both alike. Weights are random: a step takes as
long whatever they are.
"""

import functools
import os
import pathlib
import statistics
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import logging

from benchmarks import floor, workers
from bert_tf import bert_config

PREDICTIONS = 20  # masked words of a sequence
_RATE = 1e-4
_STEPS = 10_000
_SEED = 1

PLAIN = "plain graph"
OURS = "bert_tf"
PRODUCTS = "products"  # the floor
_TF, _KERAS, _TORCH = "bert_tf", "keras_nlp", "transformers"


def batch(config: Any, rows: int, length: int) -> workers.Batch:
  """Random pairs without padding."""
  rng = np.random.default_rng(rows * length)
  shapes = {
    "input_ids": (config.vocab_size, length),
    "segment_ids": (config.type_vocab_size, length),
    "masked_lm_positions": (length, PREDICTIONS),
    "masked_lm_ids": (config.vocab_size, PREDICTIONS),
    "next_sentence_labels": (2, 1),
  }
  made: dict[str, Any] = {
    name: rng.integers(0, limit, [rows, size], np.int32)
    for name, (limit, size) in shapes.items()
  }
  made["input_mask"] = np.ones([rows, length], np.int32)
  made["masked_lm_weights"] = np.ones([rows, PREDICTIONS], np.float32)
  return made


def _plain_update(
  variables: Any, gradients: Any, moments: Any, rate: float
) -> list[Any]:
  """The original's optimizer, each operation by itself as it stands there."""
  import tensorflow as tf

  from bert_tf.checkpoints import variable_names

  gradients, norm = tf.clip_by_global_norm(gradients, 1.0)
  for variable, gradient, (m, v) in zip(
    variables, gradients, moments, strict=True
  ):
    next_m = tf.multiply(0.9, m) + tf.multiply(0.1, gradient)
    next_v = tf.multiply(0.999, v) + tf.multiply(0.001, tf.square(gradient))
    update = next_m / (tf.sqrt(next_v) + 1e-6)
    if variable_names.is_decayed(variable_names.variable_name(variable)):
      update += 0.01 * variable
    variable.assign(variable - rate * update)
    m.assign(next_m)
    v.assign(next_v)
  return [norm]


def plain(config_json: str, dtype: str) -> workers.Run:
  """The same model as `ours` in a graph as it comes, nothing compiled."""
  import tensorflow as tf

  from bert_tf.kernels import modes
  from bert_tf.training import objectives, step_functions

  model, objective = _model(config_json, dtype)
  variables = model.trainable_variables
  moments = [
    (tf.Variable(tf.zeros_like(x)), tf.Variable(tf.zeros_like(x)))
    for x in variables
  ]
  done = tf.Variable(0, dtype=tf.int64)

  @tf.function
  def run(given: Any) -> Any:
    # Of the step: of a constant, TensorFlow draws the masks but once.
    seed = step_functions.dropout_seed(_SEED, done.read_value(), 0)
    mode = modes.Mode(modes.PLAIN, seed)
    with tf.GradientTape() as tape:
      weights = objective.weights(given)
      plain = functools.partial(model, mode=mode)
      sums = objective.sums(plain, given, training=True)
      loss = objectives.combine(objective, sums, weights)
    gradients = tape.gradient(loss, variables)
    with tf.control_dependencies(
      [*_plain_update(variables, gradients, moments, _RATE), done.assign_add(1)]
    ):
      return tf.identity(loss)

  return lambda given: run(_tensors(given)).numpy()


def ours(config_json: str, dtype: str, compilation: str) -> workers.Run:
  """The step of all runners."""
  run = train_step(config_json, dtype, compilation)
  return lambda given: run(_tensors(given))["loss"].numpy()


def train_step(config_json: str, dtype: str, compilation: str) -> Any:
  """Makes the step of all runners, from a batch of tensors to its sums."""
  import tensorflow as tf

  from bert_tf.training import optimizers, step_compilation, step_functions

  model, objective = _model(config_json, dtype)
  settings = optimizers.OptimizerSettings("adamw", _RATE, _STEPS, 0)
  made = step_functions.TrainStep(
    model,
    objective,
    optimizers.Optimizer(
      settings,
      model.trainable_variables,
      is_compiled=compilation == step_compilation.GROUPS,
    ),
    _SEED,
    compilation=compilation,
  )
  return tf.function(made)


def _model(config_json: str, dtype: str) -> tuple[Any, Any]:
  from bert_tf import keras
  from bert_tf.models import pretrainer
  from bert_tf.tasks.pretraining import loss
  from bert_tf.training import dtype_policies

  keras.utils.set_random_seed(_SEED)
  config = bert_config.BertConfig.from_json_file(config_json)
  model = pretrainer.BertPretrainer(config, dtype=dtype_policies.policy(dtype))
  return model, loss.PretrainingObjective()


def _tensors(given: workers.Batch) -> dict[str, Any]:
  import tensorflow as tf

  return {name: tf.constant(x) for name, x in given.items()}


def keras_nlp(
  config_json: str, dtype: str, jit_compile: bool = False
) -> workers.Run:
  """Keras's masked language model (no next sentence), compiled by `compile`."""
  os.environ["KERAS_BACKEND"] = "tensorflow"
  import keras
  import keras_nlp

  config = bert_config.BertConfig.from_json_file(config_json)
  backbone = keras_nlp.models.BertBackbone(
    vocabulary_size=config.vocab_size,
    num_segments=config.type_vocab_size,
    num_layers=config.num_hidden_layers,
    num_heads=config.num_attention_heads,
    hidden_dim=config.hidden_size,
    intermediate_dim=config.intermediate_size,
    max_sequence_length=config.max_position_embeddings,
    dropout=config.hidden_dropout_prob,
    dtype=dtype,
  )
  model = keras_nlp.models.BertMaskedLM(backbone, preprocessor=None)
  model.compile(
    optimizer=keras.optimizers.AdamW(
      _RATE, weight_decay=0.01, epsilon=1e-6, global_clipnorm=1.0
    ),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    weighted_metrics=None,
    jit_compile=jit_compile,
  )

  def run(given: workers.Batch) -> Any:
    inputs = {
      "token_ids": given["input_ids"],
      "padding_mask": given["input_mask"],
      "segment_ids": given["segment_ids"],
      "mask_positions": given["masked_lm_positions"],
    }
    loss = model.train_on_batch(inputs, given["masked_lm_ids"])
    return np.asarray(loss).reshape(-1)[0]

  return run


def torch(config_json: str, dtype: str) -> workers.Run:
  """Hugging Face's pre-training model on PyTorch, eager; bfloat16 by autocast.

  It scores the words at all positions; only the masked ones have labels.
  """
  import torch
  import transformers

  settings = transformers.BertConfig.from_json_file(config_json)
  settings.hidden_act = "gelu_pytorch_tanh"
  model = transformers.BertForPreTraining(settings).train()
  update = torch.optim.AdamW(
    model.parameters(), _RATE, weight_decay=0.01, eps=1e-6, fused=True
  )

  def run(given: workers.Batch) -> Any:
    to = {name: torch.from_numpy(x).long() for name, x in given.items()}
    labels = torch.full_like(to["input_ids"], -100)
    labels.scatter_(1, to["masked_lm_positions"], to["masked_lm_ids"])
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype != "float32"):
      loss = model(
        input_ids=to["input_ids"],
        attention_mask=to["input_mask"],
        token_type_ids=to["segment_ids"],
        labels=labels,
        next_sentence_label=to["next_sentence_labels"][:, 0],
      ).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    update.step()
    update.zero_grad()
    return loss.detach().numpy()

  return run


_BF16 = "mixed_bfloat16"
CONTENDERS = {
  PLAIN: workers.Contender(_TF, plain, ("float32",)),
  OURS: workers.Contender(_TF, ours, ("float32", "groups")),
  "nothing compiled": workers.Contender(_TF, ours, ("float32", "none")),
  "all compiled": workers.Contender(_TF, ours, ("float32", "whole")),
  "keras-nlp": workers.Contender(_KERAS, keras_nlp, ("float32",)),
  "PyTorch": workers.Contender(_TORCH, torch, ("float32",)),
  "plain graph bf16": workers.Contender(_TF, plain, (_BF16,)),
  "bert_tf bf16": workers.Contender(_TF, ours, (_BF16, "groups")),
  "nothing compiled bf16": workers.Contender(_TF, ours, (_BF16, "none")),
  "keras-nlp bf16": workers.Contender(_KERAS, keras_nlp, (_BF16,)),
  "PyTorch bf16": workers.Contender(_TORCH, torch, (_BF16,)),
  PRODUCTS: workers.Contender(_TF, floor.training_products, ("float32",)),
  f"{PRODUCTS} bf16": workers.Contender(
    _TF, floor.training_products, ("bfloat16",)
  ),
}

Row = dict[str, Any]
_EXACT = (OURS, "nothing compiled", "all compiled")
_SAME = 1e-4  # of losses of this project in float32: same weights, same dropout
_ALIKE = 0.2  # of others: random weights too, keras-nlp without next sentence


def run(
  config: Any, shape: tuple[int, int], rounds: int, names: Sequence[str] = ()
) -> list[Row]:
  """Times steps, each contender in turns with the first alone.

  No more than two are in memory at once.

  Args:
    config: Of the model.
    shape: Rows and length of a batch.
    rounds: How often each is timed.
    names: Of `CONTENDERS`; all if empty.
  """
  given = batch(config, *shape)
  rows = []
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "bert_config.json")
    pathlib.Path(path).write_text(config.to_json_string(), encoding="utf-8")
    with workers.Worker(CONTENDERS[PLAIN], path) as first:
      want = float(first.run(given).result)
      for name in names or [each for each in CONTENDERS if each != PLAIN]:
        try:
          with workers.Worker(CONTENDERS[name], path) as worker:
            _check_loss(name, float(worker.run(given).result), want)
            pairs = [
              (first.run(given), worker.run(given)) for _ in range(rounds)
            ]
            rows.append(_row(name, pairs))
        except (ImportError, RuntimeError) as error:
          logging.warning("left out: %s (%s)", name, error)
  return rows


def _check_loss(name: str, loss: float, want: float) -> None:
  """Raises RuntimeError where another model is trained."""
  if name.startswith(PRODUCTS):
    return  # which have no loss
  limit = _SAME if name in _EXACT else _ALIKE
  if not abs(loss - want) < limit * want:
    raise RuntimeError(
      f"{name}: the loss of its first step is {loss:.5f}, that of {PLAIN} "
      f"{want:.5f}: they do not train the same model"
    )


def _row(
  name: str, pairs: Sequence[tuple[workers.Answer, workers.Answer]]
) -> Row:
  own = [answer.seconds for _, answer in pairs]
  return {
    "contender": name,
    "seconds": statistics.median(own),
    "least": min(own),
    "most": max(own),
    f"seconds of {PLAIN}": statistics.median(x.seconds for x, _ in pairs),
    "times as fast": statistics.median(
      plain.seconds / its.seconds for plain, its in pairs
    ),
    "times as fast by CPU time": statistics.median(
      plain.cpu_seconds / its.cpu_seconds for plain, its in pairs
    ),
    "megabytes": pairs[-1][1].megabytes,
  }


def print_table(rows: Sequence[Row]) -> None:
  """Prints medians, and ratios to the plain graph of the same rounds."""
  print(f"{'':24}{'step':>8}{PLAIN:>14}{'ratio':>8}{'of CPU time':>13}")
  for row in rows:
    print(
      f"{row['contender']:24}{row['seconds']:6.3f} s"
      f"{row[f'seconds of {PLAIN}']:12.3f} s{row['times as fast']:8.2f}"
      f"{row['times as fast by CPU time']:13.2f}{row['megabytes']:8.0f} MB"
    )

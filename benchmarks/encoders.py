"""One BERT encoder, by this project and by others, from the same weights.

Each function takes the folder that `write` makes, and gives what computes the
last layer [B, S, H], float32, of a batch of `input_ids`, `input_mask` and
`segment_ids`, int32 [B, S].
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import workers

_FORMS = ("google", "huggingface", "keras_nlp")
_SPREAD = 0.02


def write(
  config: Any, folder: str, vocab: Sequence[str] = (), lower: bool = True
) -> None:
  """Writes a model with random weights in the forms of all.

  Args:
    config: Its sizes.
    folder: Gets a folder for each form.
    vocab: Its entries; made-up ones if there are none.
    lower: Whether its text is lower-cased.
  """
  from bert_tf.checkpoints import formats, portable_model, variable_shapes
  from bert_tf.text import tokenizer_rules

  rng = np.random.default_rng(1)
  tensors = {}
  for name, shape in variable_shapes.shapes(config).items():
    if not name.startswith("bert/"):
      continue
    tensors[name] = rng.normal(0, _SPREAD, shape).astype(np.float32)
    if name.endswith("gamma"):
      tensors[name] += 1
  special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
  others = (f"w{i}" for i in range(config.vocab_size - len(special)))
  model = portable_model.Portable(
    "random",
    config,
    tensors,
    tuple(vocab) or (*special, *others),
    tokenizer_rules.TokenizerRules.from_lower_case(lower),
  )
  for form in _FORMS:
    formats.write(model, form, os.path.join(folder, form))


def ours(folder: str, dtype: str) -> workers.Run:
  """This project's, as the commands use it that do not train."""
  import tensorflow as tf

  import bert_tf
  from bert_tf.kernels import onednn_kernels

  onednn_kernels.assume_frozen_weights()
  path = os.path.join(folder, "google")
  model = bert_tf.BertModel.from_checkpoint(path, dtype=dtype)
  names = ("input_ids", "input_mask", "segment_ids")
  signature = {name: tf.TensorSpec([None, None], tf.int32) for name in names}

  @tf.function(input_signature=[signature])
  def run(batch: Any) -> Any:
    return tf.cast(model(batch).sequence_output, tf.float32)

  return lambda batch: run(
    {name: tf.constant(batch[name]) for name in names}
  ).numpy()


def keras_nlp(
  folder: str, dtype: str, jit_compile: bool, is_frozen: bool = False
) -> workers.Run:
  """Keras's, in a graph.

  Args:
    folder: The models.
    dtype: "float32", or "mixed_bfloat16".
    jit_compile: Whether XLA compiles it.
    is_frozen: Whether it has `onednn_kernels.assume_frozen_weights`, as ours.
  """
  os.environ["KERAS_BACKEND"] = "tensorflow"
  import keras_nlp
  import tensorflow as tf

  if is_frozen:
    from bert_tf.kernels import onednn_kernels

    onednn_kernels.assume_frozen_weights()
  path = os.path.join(folder, "keras_nlp")
  model = keras_nlp.models.BertBackbone.from_preset(path, dtype=dtype)

  @tf.function(jit_compile=jit_compile)
  def run(batch: Any) -> Any:
    output = model(batch, training=False)["sequence_output"]
    return tf.cast(output, tf.float32)

  return lambda batch: run(
    {
      "token_ids": tf.constant(batch["input_ids"]),
      "padding_mask": tf.constant(batch["input_mask"]),
      "segment_ids": tf.constant(batch["segment_ids"]),
    }
  ).numpy()


def _torch_model(folder: str) -> Any:
  import transformers

  transformers.logging.set_verbosity_error()
  return transformers.BertModel.from_pretrained(
    os.path.join(folder, "huggingface"),
    hidden_act="gelu_pytorch_tanh",  # the same function, PyTorch's own kernel
    add_pooling_layer=False,
  ).eval()


def torch(
  folder: str, dtype: str, is_compiled: bool, is_frozen: bool = False
) -> workers.Run:
  """Hugging Face's on PyTorch.

  Args:
    folder: The models.
    dtype: "float32" or "bfloat16", weights too.
    is_compiled: Whether by torch.compile.
    is_frozen: Whether the compiler may take weights for constants.
  """
  import torch

  model = _torch_model(folder).to(getattr(torch, dtype))
  if is_frozen:
    import torch._inductor.config

    torch._inductor.config.freezing = True
  if is_compiled:
    model = torch.compile(model, dynamic=False)

  def run(batch: workers.Batch) -> Any:
    given = {name: torch.from_numpy(x).long() for name, x in batch.items()}
    with torch.no_grad():
      output = model(
        input_ids=given["input_ids"],
        attention_mask=given["input_mask"],
        token_type_ids=given["segment_ids"],
      )
    return output.last_hidden_state.float().numpy()

  return run


def onnxruntime(folder: str) -> workers.Run:
  """ONNX Runtime, from PyTorch, through its optimizer of transformers."""
  import onnxruntime
  import torch
  from onnxruntime.transformers import optimizer

  model = _torch_model(folder)
  model.set_attn_implementation("eager")

  class Exported(torch.nn.Module):
    """The model with nothing but these inputs and this output."""

    def __init__(self):
      super().__init__()
      self.model = model.requires_grad_(False)

    def forward(self, ids: Any, mask: Any, segments: Any) -> Any:
      """Calls the model."""
      return self.model(
        input_ids=ids, attention_mask=mask, token_type_ids=segments
      ).last_hidden_state

  names = ("input_ids", "attention_mask", "token_type_ids")
  path = os.path.join(folder, "exported.onnx")
  ids = torch.ones([2, 8], dtype=torch.long)
  torch.onnx.export(
    Exported(),
    (ids, ids, 0 * ids),
    path,
    input_names=list(names),
    output_names=["last_hidden_state"],
    dynamic_axes={name: {0: "batch", 1: "length"} for name in names},
    opset_version=17,
    dynamo=False,
  )
  config = model.config
  optimized = optimizer.optimize_model(
    path,
    model_type="bert",
    num_heads=config.num_attention_heads,
    hidden_size=config.hidden_size,
    opt_level=1,
  )
  print("onnxruntime fused", optimized.get_fused_operator_statistics())
  path = os.path.join(folder, "optimized.onnx")
  optimized.save_model_to_file(path, use_external_data_format=True)
  session = onnxruntime.InferenceSession(
    path, providers=["CPUExecutionProvider"]
  )
  given = ("input_ids", "input_mask", "segment_ids")

  def run(batch: workers.Batch) -> Any:
    inputs = {
      theirs: batch[name].astype(np.int64)
      for theirs, name in zip(names, given, strict=True)
    }
    return session.run(["last_hidden_state"], inputs)[0]

  return run


_TF, _KERAS, _TORCH = "bert_tf", "keras_nlp", "transformers"
FLOAT32, BFLOAT16, GRAPH = "bert_tf", "bert_tf bf16", "keras-nlp graph"
CONTENDERS = {
  FLOAT32: workers.Contender(_TF, ours, ("float32",)),
  GRAPH: workers.Contender(_KERAS, keras_nlp, ("float32", False)),
  "keras-nlp jit": workers.Contender(_KERAS, keras_nlp, ("float32", True)),
  "PyTorch": workers.Contender(_TORCH, torch, ("float32", False)),
  "PyTorch compiled": workers.Contender(_TORCH, torch, ("float32", True)),
  "ONNX Runtime": workers.Contender("onnxruntime", onnxruntime),
  BFLOAT16: workers.Contender(_TF, ours, ("bfloat16",)),
  "bert_tf mixed bf16": workers.Contender(_TF, ours, ("mixed_bfloat16",)),
  "keras-nlp mixed bf16": workers.Contender(
    _KERAS, keras_nlp, ("mixed_bfloat16", False)
  ),
  "keras-nlp frozen mixed bf16": workers.Contender(
    _KERAS, keras_nlp, ("mixed_bfloat16", False, True)
  ),
  "PyTorch bf16": workers.Contender(_TORCH, torch, ("bfloat16", False)),
  "PyTorch compiled bf16": workers.Contender(_TORCH, torch, ("bfloat16", True)),
  "PyTorch frozen bf16": workers.Contender(
    _TORCH, torch, ("bfloat16", True, True)
  ),
}

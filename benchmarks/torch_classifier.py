"""Fine-tunes Hugging Face's BERT on PyTorch, to time it beside run_classifier.

The same sentences, weights and sizes; its own tokenizer, model, optimizer and
schedule, and batches in an order of its own. TensorFlow is not imported, and no
checkpoint written.
"""

import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

import numpy as np
from absl import flags, logging

from bert_tf.commands import command_line, shared_flags
from bert_tf.tasks.classification import known_tasks, reader

FLAGS = flags.FLAGS

_TASK = flags.DEFINE_string(
  "task_name", None, "One of run_classifier's.", required=True
)
_DATA = flags.DEFINE_string(
  "data_dir", None, "Where the task's .tsv files are.", required=True
)
_MODEL = flags.DEFINE_string(
  "model_dir", None, "A Hugging Face directory.", required=True
)
_POOLED = flags.DEFINE_string(
  "pooled_file",
  None,
  "Only write the pooled vectors of the first evaluation examples to this "
  ".npy file.",
)
shared_flags.define(
  "max_seq_length",
  "train_batch_size",
  "eval_batch_size",
  "learning_rate",
  "warmup_proportion",
  "seed",
)

POOLED_EXAMPLES = 64
_NOT_DECAYED = ("bias", "LayerNorm.weight")
_DECAY = 0.01

Examples = Sequence[reader.Example]


def main() -> None:
  """Trains for one epoch, evaluates and logs the accuracy."""
  import torch
  import transformers

  transformers.logging.set_verbosity_error()
  torch.manual_seed(FLAGS.seed)
  task = known_tasks.find(_TASK.value)
  tokenizer = transformers.AutoTokenizer.from_pretrained(_MODEL.value)
  model = transformers.AutoModelForSequenceClassification.from_pretrained(
    _MODEL.value,
    num_labels=task.outputs,
    hidden_act="gelu_pytorch_tanh",  # the same function, PyTorch's own kernel
  )
  train, dev = (
    reader.read(task, split, _DATA.value).examples
    for split in (task.train, task.dev)
  )
  if _POOLED.value is not None:
    inputs = _inputs(tokenizer, dev[:POOLED_EXAMPLES])
    with torch.no_grad():
      pooled = model.eval().bert(**inputs).pooler_output
    np.save(_POOLED.value, pooled.numpy())
    return
  _train(model, tokenizer, train, task.labels)
  accuracy = _accuracy(model, tokenizer, dev, task.labels)
  logging.info("eval_accuracy = %.4f", accuracy)


def _inputs(tokenizer: Any, examples: Examples) -> Any:
  """What the model takes, as long as the longest of the examples."""
  pairs = [x.pair for x in examples]
  return tokenizer(
    [x.text for x in examples],
    pairs if pairs[0] is not None else None,
    truncation=True,
    max_length=FLAGS.max_seq_length,
    padding="longest",
    return_tensors="pt",
  )


def _batches(
  tokenizer: Any, examples: Examples, labels: Sequence[str], size: int
) -> Iterator[tuple[Any, Any]]:
  """Inputs and the numbers of the labels."""
  import torch

  for start in range(0, len(examples), size):
    some = examples[start : start + size]
    numbers = [labels.index(str(x.label)) for x in some]
    yield _inputs(tokenizer, some), torch.tensor(numbers)


def _train(
  model: Any, tokenizer: Any, examples: Examples, labels: Sequence[str]
) -> None:
  """One epoch; a last batch that is not full is left out, as it is here."""
  import torch
  import transformers

  size = FLAGS.train_batch_size
  order = np.random.default_rng(FLAGS.seed).permutation(len(examples))
  steps = len(examples) // size
  shuffled = [examples[i] for i in order[: steps * size]]
  optimizer = torch.optim.AdamW(
    _groups(model), lr=FLAGS.learning_rate, eps=1e-6, fused=True
  )
  warmup = int(steps * FLAGS.warmup_proportion)
  schedule = transformers.get_linear_schedule_with_warmup(
    optimizer, warmup, steps
  )
  model.train()
  for inputs, numbers in _batches(tokenizer, shuffled, labels, size):
    model(**inputs, labels=numbers).loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad()


def _groups(model: Any) -> list[dict[str, Any]]:
  """The weights that decay, and the others."""
  named = list(model.named_parameters())
  plain = [x for name, x in named if name.endswith(_NOT_DECAYED)]
  decayed = [x for name, x in named if not name.endswith(_NOT_DECAYED)]
  return [
    {"params": decayed, "weight_decay": _DECAY},
    {"params": plain, "weight_decay": 0.0},
  ]


def _accuracy(
  model: Any, tokenizer: Any, examples: Examples, labels: Sequence[str]
) -> float:
  """Of batches of similar lengths, as here."""
  import torch

  model.eval()
  by_length = sorted(examples, key=lambda x: len(x.text) + len(x.pair or ""))
  right = 0
  size = FLAGS.eval_batch_size
  with torch.no_grad():
    for inputs, numbers in _batches(tokenizer, by_length, labels, size):
      right += int((model(**inputs).logits.argmax(-1) == numbers).sum())
  return right / len(examples)


if __name__ == "__main__":
  command_line.run(main)

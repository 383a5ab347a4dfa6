"""A whole fine-tuning as a user runs it: the command, from start to end.

The data have the lengths that they have, and all start from the same weights.
Padded and packed runs train on the same batches in the same order; without
dropout they are first seen to end with the same loss, and the models of others
to compute the same vectors.
"""

import dataclasses
import functools
import importlib.util
import itertools
import json
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks import encoders, record_making
from bert_tf import bert_config
from bert_tf.system import cpu_features

PADDED, PACKED = "padded", "packed"
BFLOAT16 = "packed bfloat16"
KERAS_NLP, PYTORCH = "keras-nlp", "PyTorch"
SQUAD = "squad"
_FLAGS = {
  PADDED: ("--nopack",),
  PACKED: ("--pack",),
  BFLOAT16: ("--pack", "--precision=mixed_bfloat16"),
}
_CPU_BFLOAT16 = "avx512_bf16"
_PACKAGES = {KERAS_NLP: ("keras_nlp",), PYTORCH: ("torch", "transformers")}
_CHECKED_LINES = 321  # of each file: a header, and ten batches
_TOLERANCE = 1e-4  # of the loss, after ten steps and an evaluation
_EPOCH = "--num_train_epochs=1"
_BATCHES = ("--train_batch_size=32", "--learning_rate=5e-5")


@dataclasses.dataclass(frozen=True)
class _Job:
  """What is trained.

  Attributes:
    name: The task.
    data: Its folder; of questions their file.
    vocab_file: The vocabulary.
    lower: Whether text is lower-cased.
    length: max_seq_length.
    place: Where everything is written.
  """

  name: str
  data: str
  vocab_file: str
  lower: bool
  length: int
  place: str

  @property
  def text_flags(self) -> list[str]:
    """What all have in common."""
    return [
      f"--vocab_file={self.vocab_file}",
      f"--do_lower_case={self.lower}",
      f"--max_seq_length={self.length}",
    ]

  @property
  def task_flags(self) -> list[str]:
    """The task, and where it is."""
    return [f"--task_name={self.name}", f"--data_dir={self.data}"]

  def model(self, form: str) -> str:
    """The folder of the weights."""
    return os.path.join(self.place, "model", form)

  def new_folder(self) -> str:
    """A run's own: it would go on with another one's."""
    return tempfile.mkdtemp(dir=self.place)


def run(
  data: str,
  vocab_file: str,
  lower: bool,
  config: bert_config.BertConfig,
  rounds: int,
  max_seq_length: int = 128,
  names: Sequence[str] = (),
) -> list[dict[str, Any]]:
  """Times one epoch and an evaluation, in turns.

  Args:
    data: TASK:FOLDER, as run_classifier takes them, or squad:FILE; questions
      are trained and answered by ours alone, and what they compute is not
      compared: without padding, the loss is another one (docs/squad.md).
    vocab_file: The vocabulary.
    lower: Whether text is lower-cased.
    config: Of the model, whose weights are random.
    rounds: How often everything is timed.
    max_seq_length: That padded runs compute.
    names: Of the contenders; all that can run here if empty.

  Raises:
    RuntimeError: A run fails, or contenders differ.
    ValueError: A contender cannot run here.
  """
  name, _, folder = data.partition(":")
  makers = _makers(name, names)
  with tempfile.TemporaryDirectory() as place:
    job = _Job(name, folder, vocab_file, lower, max_seq_length, place)
    encoders.write(config, os.path.join(place, "model"), _vocab(job), lower)
    if name != SQUAD:
      _check(job, config, makers)
    contenders = {
      f"{name}, {own}": _measured(job, make) for own, make in makers.items()
    }
    runs = record_making.in_turns(contenders, rounds)
  first, *others = contenders
  return record_making.table(runs, dict.fromkeys(others, first))


def _makers(
  task: str, names: Sequence[str]
) -> dict[str, Callable[[_Job], list[str]]]:
  """What gives the arguments of each contender's process."""
  ours = _squad if task == SQUAD else _classifier
  can = [PADDED, PACKED]
  if _CPU_BFLOAT16 in cpu_features.names():
    can.append(BFLOAT16)
  makers: dict[str, Callable[[_Job], list[str]]] = {
    name: functools.partial(ours, flags=_FLAGS[name]) for name in can
  }
  if task != SQUAD and _is_single_label(task):
    others = {KERAS_NLP: _keras_nlp, PYTORCH: _pytorch}
    for name, make in others.items():
      if all(importlib.util.find_spec(x) for x in _PACKAGES[name]):
        makers[name] = make
  if missing := [name for name in names if name not in makers]:
    raise ValueError(
      f"contenders {missing} cannot run here, expected some of {list(makers)}"
    )
  return {name: makers[name] for name in names or makers}


def _is_single_label(task: str) -> bool:
  from bert_tf.tasks.classification import known_tasks, task_definition

  return known_tasks.find(task).kind == task_definition.SINGLE_LABEL


def _measured(
  job: _Job, make: Callable[[_Job], list[str]]
) -> record_making.Contender:
  return lambda: record_making.process(*make(job))()


def _classifier(job: _Job, flags: Sequence[str]) -> list[str]:
  return [
    *("-m", "tools.run_classifier", "--do_train", "--do_eval"),
    *(*job.text_flags, *job.task_flags, *_ours(job), *flags),
  ]


def _squad(job: _Job, flags: Sequence[str]) -> list[str]:
  return [
    *("-m", "tools.run_squad", "--do_train", "--do_predict"),
    *(f"--train_file={job.data}", f"--predict_file={job.data}"),
    *(*job.text_flags, *_ours(job), *flags),
  ]


def _ours(job: _Job) -> list[str]:
  google = job.model("google")
  return [
    f"--bert_config_file={google}/bert_config.json",
    f"--init_checkpoint={google}/bert_model.ckpt",
    f"--output_dir={job.new_folder()}",
    *("--verbosity=-1", _EPOCH, *_BATCHES),
  ]


def _keras_nlp(job: _Job, *flags: str) -> list[str]:
  google = job.model("google")
  flags = flags or ("--nocheck_weights",)
  return [
    *("-m", "benchmarks.compare_keras_nlp", *job.text_flags, *job.task_flags),
    f"--bert_config_file={google}/bert_config.json",
    f"--init_checkpoint={google}/bert_model.ckpt",
    f"--preset_dir={job.model('keras_nlp')}",
    f"--output_dir={job.new_folder()}",
    *(_EPOCH, *_BATCHES, *flags),
  ]


def _pytorch(job: _Job, *flags: str) -> list[str]:
  return [
    *("-m", "benchmarks.torch_classifier", *job.task_flags, *_BATCHES),
    f"--model_dir={job.model('huggingface')}",
    *(f"--max_seq_length={job.length}", *flags),
  ]


def _check(
  job: _Job, config: bert_config.BertConfig, names: Iterable[str]
) -> None:
  """Checks, on a few examples, that all compute the same."""
  few = dataclasses.replace(job, data=_few(job))
  _check_losses(few, config)
  if KERAS_NLP in names:
    record_making.process(*_keras_nlp(few, "--check_weights"))()
  if PYTORCH in names:
    _check_pytorch(few)


def _few(job: _Job) -> str:
  """The first examples of each file of the task."""
  few = pathlib.Path(job.place, "few")
  few.mkdir()
  for file in pathlib.Path(job.data).glob("*.tsv"):
    with file.open(encoding="utf-8") as lines:
      text = "".join(itertools.islice(lines, _CHECKED_LINES))
    (few / file.name).write_text(text, encoding="utf-8")
  return str(few)


def _check_losses(job: _Job, config: bert_config.BertConfig) -> None:
  """Padded and packed runs without dropout."""
  text = json.dumps(config.without_dropout().to_dict())
  path = pathlib.Path(job.place, "without.json")
  path.write_text(text, encoding="utf-8")
  losses = {}
  for name in (PADDED, PACKED):
    output = job.new_folder()
    record_making.process(
      *_classifier(job, _FLAGS[name]),
      *(f"--bert_config_file={path}", f"--output_dir={output}"),
    )()
    text = pathlib.Path(output, "eval_results.txt").read_text(encoding="utf-8")
    results = dict(line.split(" = ") for line in text.splitlines())
    losses[name] = float(results["eval_loss"])
  if not abs(losses[PADDED] - losses[PACKED]) <= _TOLERANCE:
    raise RuntimeError(
      f"padded and packed runs end with other losses: {losses}"
    )


def _check_pytorch(job: _Job) -> None:
  """Pooled vectors of the first evaluation examples that are not cut.

  Of two texts as long as each other, its tokenizer cuts another one first.
  """
  path = os.path.join(job.place, "pooled.npy")
  record_making.process(*_pytorch(job, f"--pooled_file={path}"))()
  theirs = np.load(path)
  ours, is_whole = _pooled(job, len(theirs))
  if not is_whole.any():
    raise ValueError(
      f"all of the first {len(theirs)} examples are cut at max_seq_length="
      f"{job.length}, so PyTorch's vectors cannot be compared: "
      "give a larger one"
    )
  difference = float(np.abs(theirs - ours)[is_whole].max())
  if not difference <= _TOLERANCE:
    raise RuntimeError(
      f"PyTorch's pooled vectors differ from ours by {difference:.2g}"
    )


def _pooled(job: _Job, count: int) -> tuple[Any, Any]:
  """Ours, [N, H], and whether each example is shorter than it may be, [N]."""
  import tensorflow as tf

  import bert_tf
  from bert_tf.tasks.classification import examples, known_tasks, reader
  from bert_tf.text import full_tokenizer

  task = known_tasks.find(job.name)
  read = reader.read(task, task.dev, job.data).examples[:count]
  tokenizer = full_tokenizer.FullTokenizer(job.vocab_file, job.lower)
  features = examples.make(task, read, tokenizer, job.length)
  model = bert_tf.BertModel.from_checkpoint(job.model("google"))
  inputs = ("input_ids", "input_mask", "segment_ids")
  batch = {name: tf.constant(features[name]) for name in inputs}
  is_whole = features["input_mask"].sum(axis=1) < job.length
  return model(batch).pooled_output.numpy(), is_whole


def _vocab(job: _Job) -> list[str]:
  from bert_tf.text import vocabulary_file

  return list(vocabulary_file.load_vocab(job.vocab_file))

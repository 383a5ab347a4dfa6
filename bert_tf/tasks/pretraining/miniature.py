"""The whole way in minutes: vocabulary, records, pre-training, evaluation.

Also the shortest reading of how the parts fit together.
"""

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping

from absl import logging

from bert_tf import bert_config, keras
from bert_tf.checkpoints import run_metadata, saver, variable_names
from bert_tf.models import pretrainer
from bert_tf.system import files, output_files
from bert_tf.tasks.pretraining import record_generator, run, settings
from bert_tf.text import vocabulary_file, vocabulary_learner
from bert_tf.training import device_strategy, optimizers, training_loop

_HELD_OUT = 10  # every tenth document is kept for evaluation
# What stands in output_dir at the end, beside what it says of itself.
_WRITTEN = (
  "train.txt",
  "held_out.txt",
  "vocab.txt",
  "bert_config.json",
  "train.tfrecord",
  "held_out.tfrecord",
  "before",
  "model",
)
_SHOWN = {
  "masked_lm_accuracy": "masked words guessed right",
  "masked_lm_loss": "masked-word loss",
  "next_sentence_accuracy": "next sentence told right",
  "next_sentence_loss": "next-sentence loss",
}


@dataclasses.dataclass(frozen=True)
class QuickstartSettings:
  """Sizes of the run.

  Attributes:
    corpus: A text file, one sentence a line, blank lines between documents.
    output_dir: Where all files go.
    vocab_size: The most word pieces to learn.
    num_train_steps: Steps of 32 sequences of 64 tokens.
    dupe_factor: Differently masked copies of the text.
    seed: Of everything.
  """

  corpus: str
  output_dir: str
  vocab_size: int = 2000
  num_train_steps: int = 1000
  dupe_factor: int = 40
  seed: int = 12345

  def path(self, name: str) -> str:
    """A file of the run."""
    return os.path.join(self.output_dir, name)


def run_all(sizes: QuickstartSettings) -> str:
  """Runs all steps; returns a table of the results before and after.

  What an earlier, interrupted run did is gone on with.

  Raises:
    OSError: The corpus cannot be read, or output_dir not be written.
    ValueError: The corpus holds no text, or output_dir belongs to another.
  """
  split_corpus(sizes)
  config = make_vocab(sizes)
  for part in ("train", "held_out"):
    make_records(sizes, part)
  before = evaluate_new_model(config, sizes)
  after = pretrain(config, sizes)
  return results_table(before, after)


def split_corpus(sizes: QuickstartSettings) -> None:
  """Writes train.txt and held_out.txt: every tenth document is held out."""
  with files.open_file(sizes.corpus) as corpus:
    documents = list(_documents(corpus))
  if not documents:
    raise ValueError(
      f"{sizes.corpus}: found no text, expected one sentence a line and "
      "blank lines between documents"
    )
  held_out = documents[_HELD_OUT - 1 :: _HELD_OUT]
  train = [d for i, d in enumerate(documents, 1) if i % _HELD_OUT]
  if not held_out:
    logging.warning(
      "%s has %d documents (blank lines divide them), too few to hold one "
      "out: evaluated on what was trained on",
      sizes.corpus,
      len(documents),
    )
    held_out = train
  _claim(sizes, b"\n".join(documents))
  for part, chosen in (("train", train), ("held_out", held_out)):
    output_files.write_atomically(sizes.path(f"{part}.txt"), b"\n".join(chosen))


def _claim(sizes: QuickstartSettings, text: bytes) -> None:
  """A folder holds the quickstart of one text: its training goes on.

  Raises:
    FileExistsError: It holds what no quickstart has written.
    ValueError: It holds the quickstart of another text, or of other settings.
  """
  run_of = run_metadata.RunMetadata(
    "quickstart",
    others={
      "corpus_sha256": hashlib.sha256(text).hexdigest(),
      "vocab_size": sizes.vocab_size,
      "dupe_factor": sizes.dupe_factor,
      "seed": sizes.seed,
    },
  )
  if not run_metadata.read(sizes.output_dir):
    for path in map(sizes.path, _WRITTEN):
      if files.exists(path):
        raise FileExistsError(
          f"{path} is there, and no quickstart has written it: give another "
          "output_dir"
        )
  run_metadata.claim(sizes.output_dir, run_of)


def _documents(lines: Iterable[bytes]) -> Iterator[bytes]:
  document: list[bytes] = []
  for line in lines:
    if line.strip():
      document.append(line.rstrip(b"\r\n") + b"\n")
    elif document:
      yield b"".join(document)
      document = []
  if document:
    yield b"".join(document)


def make_vocab(sizes: QuickstartSettings) -> bert_config.BertConfig:
  """Learns vocab.txt and writes the bert_config.json that goes with it."""
  learned = vocabulary_learner.learn(
    [sizes.path("train.txt")],
    vocabulary_learner.Settings(
      vocab_size=sizes.vocab_size, num_unused_tokens=0
    ),
  )
  vocabulary_file.save_vocab(sizes.path("vocab.txt"), learned.pieces)
  config = bert_config.BertConfig(
    vocab_size=len(learned.pieces),
    hidden_size=128,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=512,
    max_position_embeddings=128,
    type_vocab_size=2,
  )
  output_files.write_atomically(
    sizes.path("bert_config.json"), config.to_json_string().encode()
  )
  logging.info("vocabulary of %d word pieces", len(learned.pieces))
  return config


def make_records(sizes: QuickstartSettings, part: str) -> None:
  """Makes the records of train.txt or held_out.txt."""
  summary = record_generator.create(
    settings.PretrainingDataConfig(
      input_file=(sizes.path(f"{part}.txt"),),
      output_file=(sizes.path(f"{part}.tfrecord"),),
      vocab_file=sizes.path("vocab.txt"),
      max_seq_length=64,
      max_predictions_per_seq=10,
      dupe_factor=sizes.dupe_factor,
      random_seed=sizes.seed,
    )
  )
  for line in summary.lines():
    logging.info("%s", line)


def evaluate_new_model(
  config: bert_config.BertConfig, sizes: QuickstartSettings
) -> Mapping[str, float]:
  """What a model of random weights scores on the held-out text."""
  prefix = sizes.path("before/model.ckpt")
  keras.utils.set_random_seed(sizes.seed)
  model = pretrainer.BertPretrainer(config)
  saver.save(variable_names.by_name(model.variables), prefix)
  return _run(config, sizes, "before", prefix, do_train=False)


def pretrain(
  config: bert_config.BertConfig, sizes: QuickstartSettings
) -> Mapping[str, float]:
  """Pre-trains, then evaluates on the held-out text."""
  before = sizes.path("before/model.ckpt")
  _run(config, sizes, "model", before, do_train=True)
  return _run(config, sizes, "model", None, do_train=False)


def _run(
  config: bert_config.BertConfig,
  sizes: QuickstartSettings,
  folder: str,
  init_checkpoint: str | None,
  do_train: bool,
) -> Mapping[str, float]:
  steps = sizes.num_train_steps
  part = "train" if do_train else "held_out"
  return run.run(
    config,
    settings.PretrainingSettings(
      input_file=sizes.path(f"{part}.tfrecord"),
      output_dir=sizes.path(folder),
      max_seq_length=64,
      max_predictions_per_seq=10,
      init_checkpoint=init_checkpoint,
      do_train=do_train,
      do_eval=not do_train,
      eval_batch_size=32,
      max_eval_steps=20,
    ),
    optimizers.OptimizerSettings("adamw", 1e-3, steps, steps // 10),
    training_loop.LoopSettings(32, seed=sizes.seed, log_steps=100),
    device_strategy.DeviceSettings(),
  )


def results_table(
  before: Mapping[str, float], after: Mapping[str, float]
) -> str:
  """Both results beside each other."""
  lines = [f"{'on held-out text':32}{'before':>10}{'after':>10}"]
  for name, title in _SHOWN.items():
    form = ".1%" if name.endswith("accuracy") else ".3f"
    lines.append(f"{title:32}{before[name]:>10{form}}{after[name]:>10{form}}")
  return "\n".join(lines)

"""The original's SQuAD files, and runs of ours on them, for several tests.

The checkpoints are the original's without its optimizer slots.
"""

import gzip
import json
import pathlib
import random
import tempfile

import numpy as np
import tensorflow as tf

import bert_tf
from bert_tf.tasks.squad import (
  answer_decoder,
  examples,
  reader,
  run,
  settings,
)
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  training_loop,
)

TESTDATA = pathlib.Path(__file__).resolve().parents[2] / "testdata"
SQUAD = TESTDATA / "squad"
VOCAB = str(TESTDATA / "vocab.txt")
CONFIG = TESTDATA / "tiny" / "bert_config.json"
WINDOWS = settings.WindowSettings(64, 24, 20)
CHECKPOINTS = {
  "v1": str(SQUAD / "v1" / "model.ckpt-15"),
  "v2": str(SQUAD / "v2" / "model.ckpt-18"),
}
SETTINGS = {
  "v1": settings.DecodingSettings(),
  "v2": settings.DecodingSettings(
    version_2_with_negative=True, null_score_diff_threshold=-0.0617
  ),
}


def text_of(name):
  """A golden file, unpacked."""
  return gzip.decompress((SQUAD / f"{name}.gz").read_bytes()).decode()


def records_of(raw):
  """The examples of a record file's bytes: id lists by feature name."""
  found = []
  with tempfile.NamedTemporaryFile() as file:
    file.write(raw)
    file.flush()
    for record in tf.data.TFRecordDataset(file.name):
      feature = tf.train.Example.FromString(record.numpy()).features.feature
      found.append({k: list(v.int64_list.value) for k, v in feature.items()})
  return found


def golden_records(name):
  """The examples of a golden record file."""
  return records_of(gzip.decompress((SQUAD / f"{name}.gz").read_bytes()))


def decode_case(version, vocab_file):
  """Featurises and decodes with the golden logits."""
  folder = SQUAD / f"decode_{version}"
  flags = json.loads((folder / "flags.json").read_text())
  tokenizer = bert_tf.FullTokenizer(vocab_file, flags["do_lower_case"])
  windows = settings.WindowSettings(
    flags["max_seq_length"], flags["doc_stride"], flags["max_query_length"]
  )
  decoding = settings.DecodingSettings(
    n_best_size=flags["n_best_size"],
    max_answer_length=flags["max_answer_length"],
    do_lower_case=flags["do_lower_case"],
    version_2_with_negative=flags["version_2_with_negative"],
    null_score_diff_threshold=flags["null_score_diff_threshold"],
  )
  questions = reader.read_for_prediction(SQUAD / f"{version}.json")
  made = list(examples.make(questions, tokenizer, windows))
  logits = np.load(folder / "logits.npz")
  return (
    made,
    np.load(folder / "features.npz"),
    windows,
    answer_decoder.decode(
      questions, made, logits["start"], logits["end"], decoding
    ),
  )


def run_squad(output_dir, version="v1", *, tuning=None, steps=None, **changes):
  """Runs our run_squad with the goldens' settings."""
  told = dict(
    vocab_file=VOCAB,
    predict_file=str(SQUAD / f"{version}.json"),
    do_predict=True,
    windows=WINDOWS,
    decoding=SETTINGS[version],
  )
  tuning = {"init_checkpoint": CHECKPOINTS[version]} | (tuning or {})
  return run.run(
    bert_tf.BertConfig.from_json_file(CONFIG),
    settings.SquadSettings(**(told | changes)),
    fine_tuning_settings.FineTuningSettings(
      output_dir=str(output_dir), **tuning
    ),
    training_loop.LoopSettings(
      **({"batch_size": 8, "log_steps": 5} | (steps or {}))
    ),
    device_strategy.DeviceSettings(),
  )


def train(output_dir, source, *, tuning=None, **changes):
  """Trains the tiny model, and whatever else `changes` say."""
  tuning = {
    "init_checkpoint": str(TESTDATA / "tiny" / "bert_model.ckpt"),
    "num_train_epochs": 4.0,
    "learning_rate": 1e-3,
  } | (tuning or {})
  steps = changes.pop("steps", None)
  told = {"do_train": True, "train_file": source, "do_predict": False}
  return run_squad(output_dir, tuning=tuning, steps=steps, **(told | changes))


def small_file(path, questions=24, version="v1"):
  """A SQuAD file of the first questions of a golden."""
  content = json.loads((SQUAD / f"{version}.json").read_text())
  content["data"] = content["data"][: questions // 3]
  path.write_text(json.dumps(content))
  return str(path)


def shuffled(questions):
  random.Random(12345).shuffle(questions)
  return questions

"""Commands that write something, each small enough to be run many times."""

import dataclasses
import json
import pathlib
from collections.abc import Callable, Mapping

from bert_tf.checkpoints import checkpoint_reader
from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"
_VOCABULARY = TESTDATA / "vocab.txt"
_CHECKPOINT = TESTDATA / "tiny" / "bert_model.ckpt"
_WORDS = {"library": "B-place", "Sunita": "B-person", "the": "O", "met": "O"}


def prepare(folder):
  """Writes what the commands read into a folder."""
  config = json.loads((TESTDATA / "tiny" / "bert_config.json").read_text())
  config["num_hidden_layers"] = 1  # seconds less to compile
  (folder / "config.json").write_text(json.dumps(config))
  rows = "".join(f"{word}\t{tag}\n" for word, tag in _WORDS.items()) + "\n"
  (folder / "train.txt").write_text(rows * 80)
  text = (TESTDATA / "text" / "stories_a.txt").read_text("utf-8")
  (folder / "lines.txt").write_text("\n".join(text.split("\n")[:200]))


@dataclasses.dataclass(frozen=True)
class Command:
  """A command and its result.

  Attributes:
    name: Its name.
    flags: Its flags, given the folder of `prepare` and that of the results.
    results: Reads results that are whole: contents by name, given the folder
      of the results.
    trains: Whether it is a training, with checkpoints and a lock.
  """

  name: str
  flags: Callable[[pathlib.Path, pathlib.Path], Mapping]
  results: Callable[[pathlib.Path], Mapping]
  trains: bool = False


def files_of(folder):
  """The contents of all files that are not hidden, by name."""
  return {
    str(path.relative_to(folder)): path.read_bytes()
    for path in sorted(folder.rglob("*"))
    if path.is_file() and not any(x[0] == "." for x in path.parts)
  }


def last_checkpoint(folder):
  """All tensors of the newest checkpoint, as bytes by name."""
  reader = checkpoint_reader.Reader(folder)
  return {name: reader.read(name).tobytes() for name in reader.shapes}


def _training(ending=()):
  def results(folder):
    if not (folder / "checkpoint").exists():
      return {}
    files = {x: (folder / x).read_bytes() for x in ending}
    return last_checkpoint(folder) | files

  return results


def _model(inputs):
  return {
    "bert_config_file": inputs / "config.json",
    "init_checkpoint": _CHECKPOINT,
  }


def _tuning(inputs, out, batch=8, epochs=4):
  return _model(inputs) | {
    "vocab_file": _VOCABULARY,
    "output_dir": out,
    "max_seq_length": 48,
    "do_train": True,
    "do_predict": True,
    "train_batch_size": batch,
    "num_train_epochs": epochs,
    "save_checkpoints_steps": 10,
    "log_steps": 20,
    "jit_compile": False,  # many runs, each of them short
  }


COMMANDS = {
  command.name: command
  for command in (
    Command(
      "create_pretraining_data",
      lambda inputs, out: {
        "input_file": TESTDATA / "text" / "stories_*.txt",
        "output_file": out / "o.tfrecord",
        "vocab_file": _VOCABULARY,
        "dupe_factor": 200,
        "num_shards": 2,
        "num_workers": 2,
      },
      files_of,
    ),
    Command(
      "build_vocab",
      lambda inputs, out: {
        "input_file": TESTDATA / "text" / "stories_*.txt",
        "output_file": out / "vocab.txt",
        "vocab_size": 400,
      },
      files_of,
    ),
    Command(
      "extract_features",
      lambda inputs, out: (
        _model(inputs)
        | {
          "vocab_file": _VOCABULARY,
          "input_file": inputs / "lines.txt",
          "output_file": out / "vectors.json",
          "layers": -1,
          "max_seq_length": 48,
        }
      ),
      files_of,
    ),
    Command(
      "convert_checkpoint",
      lambda inputs, out: {
        "input": _CHECKPOINT,
        "bert_config_file": TESTDATA / "tiny" / "bert_config.json",
        "vocab_file": _VOCABULARY,
        "output_dir": out / "converted",
        "to": "huggingface",
      },
      files_of,
    ),
    Command(
      "run_classifier",
      lambda inputs, out: (
        _tuning(inputs, out)
        | {
          "task_name": "mrpc",
          "data_dir": TESTDATA / "classifier" / "mrpc" / "data",
          "do_eval": True,
          "eval_steps": 15,
          "best_metric": "loss",
        }
      ),
      _training(("eval_results.txt", "test_results.tsv", "best/best.json")),
      trains=True,
    ),
    Command(
      "run_squad",
      lambda inputs, out: (
        _tuning(inputs, out)
        | {
          "train_file": TESTDATA / "squad" / "v1.json",
          "predict_file": TESTDATA / "squad" / "v1.json",
          "max_query_length": 20,
          "doc_stride": 20,
        }
      ),
      _training(("predictions.json", "nbest_predictions.json")),
      trains=True,
    ),
    Command(
      "run_tagger",
      lambda inputs, out: (
        _tuning(inputs, out)
        | {
          "data_dir": inputs,
          "test_file": inputs / "train.txt",
        }
      ),
      _training(("test_predictions.txt",)),
      trains=True,
    ),
    Command(
      "run_pretraining",
      lambda inputs, out: (
        _model(inputs)
        | {
          "input_file": TESTDATA / "pretraining_eval" / "data.tfrecord",
          "output_dir": out,
          "max_seq_length": 48,
          "max_predictions_per_seq": 6,
          "do_train": True,
          "do_eval": True,
          "max_eval_steps": 5,
          "train_batch_size": 8,
          "num_train_steps": 40,
          "num_warmup_steps": 10,
          "save_checkpoints_steps": 10,
          "log_steps": 20,
          "jit_compile": False,
        }
      ),
      _training(("eval_results.txt",)),
      trains=True,
    ),
  )
}


def arguments(command, inputs, out):
  """The command line."""
  return running.as_flags(command.flags(inputs, out))

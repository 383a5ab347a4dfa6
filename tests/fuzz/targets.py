"""The readers, each with a folder of good files to damage."""

import dataclasses
import functools
import json
import pathlib
import shutil
import tempfile
from collections.abc import Callable

import tensorflow as tf

from bert_tf import bert_config
from bert_tf.checkpoints import formats, run_metadata
from bert_tf.commands import plot_curves
from bert_tf.export import (
  export_settings,
  exporter,
  saved_model_predictor,
)
from bert_tf.inputs import record_files
from bert_tf.model_files import model_cache, safe_unzip
from bert_tf.tasks.classification import known_tasks, task_definition
from bert_tf.tasks.classification import reader as classification_reader
from bert_tf.tasks.squad import reader as squad_reader
from bert_tf.tasks.tagging import reader as tagging_reader
from bert_tf.text import text_lines, vocabulary_file
from bert_tf.training import best_checkpoint, run_checkpoints
from tests.checkpoints import made_up
from tests.fuzz import outcomes
from tests.model_files import published


@dataclasses.dataclass(frozen=True)
class Target:
  """One reader.

  Attributes:
    name: Its name in the table.
    make: Fills a folder with good files.
    read: Reads them; what it returns is compared.
    agrees: Whether what was read may be what the good files say; by default
      anything may, as other bytes say other things.
    files: Those to damage; all by default.
    is_slow: Whether making and reading them takes long.
  """

  name: str
  make: Callable[[pathlib.Path], None]
  read: Callable[[pathlib.Path], object]
  agrees: Callable[[object, object], bool] = lambda found, good: True
  files: tuple[str, ...] = ()
  is_slow: bool = False

  @property
  def good(self):
    """The good files by name."""
    return _good(self)

  def fill(self, folder, **changes):
    """Writes the good files into a folder, some of them changed."""
    fill(folder, self.good | changes)

  @property
  def damageable(self):
    """Names of the files to damage."""
    return [
      name
      for name in self.good
      if not self.files or pathlib.Path(name).name in self.files
    ]


@functools.cache
def _good(target):
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "good"
    path.mkdir()
    target.make(path)
    return {
      str(file.relative_to(path)): file.read_bytes()
      for file in sorted(path.rglob("*"))
      if file.is_file()
    }


def fill(folder, files):
  """Writes files by name into a folder."""
  for name, data in files.items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _checkpoint(form):
  def make(folder):
    heads = ["masked_lm"] if form != "model_garden" else []
    made = made_up.model(heads)
    formats.write(made, form, str(folder / "model"))

  return make


def _export(folder):
  made = made_up.model(["masked_lm"])
  checkpoint = str(folder / "model")
  formats.write(made, "google", checkpoint)
  exporter.export(
    made.config,
    checkpoint,
    str(folder / "model" / "vocab.txt"),
    export_settings.ExportSettings("masked_lm", max_seq_length=9, top_k=3),
    str(folder / "export"),
  )
  shutil.rmtree(checkpoint)


def _read_export(folder):
  path = folder / "export"
  answers = saved_model_predictor.Predictor(str(path)).answer(["a [MASK] ."])
  return answers, formats.read(str(path)).tensors


def _export_unchecked(folder):
  _export(folder)
  shutil.rmtree(folder / "export" / "1" / "assets.extra")


def _read_checkpoint(folder):
  found = formats.read(str(folder / "model"))
  return {
    "tensors": found.tensors,
    "config": found.config.to_dict(),
    "vocabulary": found.vocabulary,
  }


def _tensors(folder):
  return formats.read(str(folder / "model")).tensors


def _config(folder):
  made_up_config = made_up.CONFIG.to_json_string()
  (folder / "bert_config.json").write_text(made_up_config)


def _vocabulary(folder):
  vocabulary_file.save_vocab(folder / "vocab.txt", made_up.VOCABULARY)


def _records(folder):
  with tf.io.TFRecordWriter(str(folder / "train.tf_record")) as writer:
    for row in range(12):
      ids = tf.train.Int64List(value=[row] * 4)
      feature = {"input_ids": tf.train.Feature(int64_list=ids)}
      example = tf.train.Example(features=tf.train.Features(feature=feature))
      writer.write(example.SerializeToString())


def _read_records(folder):
  found = record_files.find(str(folder / "*.tf_record"))
  record_files.check_lengths(found, {"input_ids": 4})
  rows = []
  with record_files.reading(found):
    dataset = tf.data.TFRecordDataset(list(found.paths)).map(
      lambda x: tf.io.parse_single_example(
        x, {"input_ids": tf.io.FixedLenFeature([4], tf.int64)}
      )
    )
    rows.extend(row["input_ids"].numpy().tolist() for row in dataset)
  return rows


def _some_rows(found, good):
  return all(row in good for row in found)


def _best(folder):
  best = {"step": 4, "metric": "loss", "value": 0.5, "checkpoint": "m.ckpt-4"}
  (folder / "best.json").write_text(json.dumps(best))


def _read_best(folder):
  best = best_checkpoint.Best(str(folder), "loss")
  return (
    best.path(),
    best.is_stale(10, 3),
    best._is_better(0.4, best._read()["value"]),
  )


def _run(folder):
  run_metadata.claim(
    str(folder),
    run_metadata.RunMetadata(
      "classification",
      "single_label",
      ("no", "yes"),
      text={"do_lower_case": True, "max_seq_length": 16},
      settings={"learning_rate": 1e-4, "train_batch_size": 8},
    ),
  )


def _latest(folder):
  formats.write(made_up.model(["masked_lm"]), "google", str(folder / "out"))
  names = "\n".join(
    f'all_model_checkpoint_paths: "{name}"' for name in ("bert_model.ckpt",)
  )
  (folder / "out" / "checkpoint").write_text(
    f'model_checkpoint_path: "bert_model.ckpt"\n{names}\n'
  )


def _read_latest(folder):
  return run_checkpoints.latest(str(folder / "out"))


def _events(folder):
  with tf.summary.create_file_writer(str(folder)).as_default():
    for step in range(30):
      tf.summary.scalar("loss", 1 / (step + 1), step)


_SQUAD = {
  "version": "v2.0",
  "data": [
    {
      "title": "Weather",
      "paragraphs": [
        {
          "context": "Snow fell on the mill all night.",
          "qas": [
            {
              "id": "1",
              "question": "What fell?",
              "is_impossible": False,
              "answers": [{"text": "Snow", "answer_start": 0}],
            },
            {
              "id": "2",
              "question": "Who fell?",
              "is_impossible": True,
              "answers": [],
            },
          ],
        }
      ],
    }
  ],
}


def _write_squad(folder):
  (folder / "train.json").write_text(json.dumps(_SQUAD))


def _table(folder):
  (folder / "train.tsv").write_text(
    "text\tlabel\nSnow fell.\tgood\nIt rained.\tbad\nFog.\tbad\n"
  )


def _read_table(folder):
  task = known_tasks.tsv(
    "text", None, "label", task_definition.SINGLE_LABEL, ("good", "bad")
  )
  return classification_reader.read(task, task.train, str(folder))


def _words(folder):
  (folder / "train.txt").write_text(
    "Ada B-per\nsaw O\nSnow O\n\nat O\nWren B-loc\nPoint I-loc\n"
  )


def _lines(folder):
  (folder / "lines.txt").write_text("Snow fell.\nIs it cold? ||| It is.\n")


def _zip(folder):
  (folder / "a.zip").write_bytes(published.zipped(published.FILES, "a/"))


def _unzip(folder):
  with tempfile.TemporaryDirectory() as unpacked:
    safe_unzip.unpack(str(folder / "a.zip"), unpacked, 1 << 20)
    return {
      str(path.relative_to(unpacked)): path.read_bytes()
      for path in pathlib.Path(unpacked).rglob("*")
      if path.is_file()
    }


def _cached(folder):
  fill(folder / "model", published.FILES)
  model_cache.check(str(folder / "model"))


TARGETS = (
  Target(
    "Google's checkpoints",
    _checkpoint("google"),
    _tensors,
    agrees=outcomes.same,
    files=("bert_model.ckpt.index", "bert_model.ckpt.data-00000-of-00001"),
  ),
  Target("Hugging Face folders", _checkpoint("huggingface"), _read_checkpoint),
  Target("Model Garden", _checkpoint("model_garden"), _read_checkpoint),
  Target(
    "keras-nlp presets",
    _checkpoint("keras_nlp"),
    _read_checkpoint,
    is_slow=True,
  ),
  Target(
    "SavedModels", _export, _read_export, agrees=outcomes.same, is_slow=True
  ),
  Target(
    "SavedModels without checksums",
    _export_unchecked,
    _read_export,
    is_slow=True,
  ),
  Target(
    "bert_config.json",
    _config,
    lambda folder: bert_config.BertConfig.from_json_file(
      folder / "bert_config.json"
    ).to_dict(),
  ),
  Target(
    "vocab.txt",
    _vocabulary,
    lambda folder: vocabulary_file.load_vocab(folder / "vocab.txt"),
  ),
  # A file of fewer whole records is a file of records, too.
  Target("TFRecord files", _records, _read_records, agrees=_some_rows),
  Target("best.json", _best, _read_best),
  Target(
    "task.json",
    _run,
    lambda folder: run_metadata.read(str(folder)).to_dict(),
  ),
  Target("checkpoint (the file)", _latest, _read_latest, files=("checkpoint",)),
  Target(
    "events", _events, lambda folder: plot_curves.read_scalars(str(folder))
  ),
  Target(
    "SQuAD, to train",
    _write_squad,
    lambda folder: squad_reader.read_for_training(folder / "train.json", True),
  ),
  Target(
    "SQuAD, to predict",
    _write_squad,
    lambda folder: squad_reader.read_for_prediction(folder / "train.json"),
  ),
  Target("tables", _table, _read_table),
  Target("zips of models", _zip, _unzip, agrees=outcomes.same),
  Target(
    "checksums of cached models",
    _cached,
    lambda folder: model_cache.check(str(folder / "model"), thorough=True),
  ),
  Target(
    "words and labels",
    _words,
    lambda folder: tagging_reader.read(folder / "train.txt"),
  ),
  Target(
    "lines of text",
    _lines,
    lambda folder: text_lines.read(folder / "lines.txt"),
  ),
)

"""The readers, each with a folder of good files to damage."""

import dataclasses
import functools
import pathlib
import tempfile
from collections.abc import Callable

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata
from bert_tf.commands import plot_curves
from bert_tf.model_files import model_cache
from bert_tf.tasks.squad import reader as squad_reader
from bert_tf.tasks.tagging import reader as tagging_reader
from bert_tf.text import text_lines, vocabulary_file
from tests.fuzz import good_files, outcomes
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
    good_files.fill(folder, self.good | changes)

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


TARGETS = (
  Target(
    "Google's checkpoints",
    good_files.checkpoint("google"),
    good_files.tensors,
    agrees=outcomes.same,
    files=("bert_model.ckpt.index", "bert_model.ckpt.data-00000-of-00001"),
  ),
  Target(
    "Hugging Face folders",
    good_files.checkpoint("huggingface"),
    good_files.read_checkpoint,
  ),
  Target(
    "Model Garden",
    good_files.checkpoint("model_garden"),
    good_files.read_checkpoint,
  ),
  Target(
    "keras-nlp presets",
    good_files.checkpoint("keras_nlp"),
    good_files.read_checkpoint,
    is_slow=True,
  ),
  Target(
    "SavedModels",
    good_files.export,
    good_files.read_export,
    agrees=outcomes.same,
    is_slow=True,
  ),
  Target(
    "SavedModels without checksums",
    good_files.export_unchecked,
    good_files.read_export,
    is_slow=True,
  ),
  Target(
    "bert_config.json",
    good_files.config,
    lambda folder: bert_config.BertConfig.from_json_file(
      folder / "bert_config.json"
    ).to_dict(),
  ),
  Target(
    "vocab.txt",
    good_files.vocabulary,
    lambda folder: vocabulary_file.load_vocab(folder / "vocab.txt"),
  ),
  # A file of fewer whole records is a file of records, too.
  Target(
    "TFRecord files",
    good_files.records,
    good_files.read_records,
    agrees=good_files.some_rows,
  ),
  Target("best.json", good_files.best, good_files.read_best),
  Target(
    "task.json",
    good_files.run,
    lambda folder: run_metadata.read(str(folder)).to_dict(),
  ),
  Target(
    "checkpoint (the file)",
    good_files.latest,
    good_files.read_latest,
    files=("checkpoint",),
  ),
  Target(
    "events",
    good_files.events,
    lambda folder: plot_curves.read_scalars(str(folder)),
  ),
  Target(
    "SQuAD, to train",
    good_files.write_squad,
    lambda folder: squad_reader.read_for_training(folder / "train.json", True),
  ),
  Target(
    "SQuAD, to predict",
    good_files.write_squad,
    lambda folder: squad_reader.read_for_prediction(folder / "train.json"),
  ),
  Target(
    "questions, one a line",
    good_files.question_lines,
    lambda folder: squad_reader.read_for_training(folder / "train.jsonl", True),
  ),
  Target(
    "questions, a table",
    good_files.question_table,
    lambda folder: squad_reader.read_for_training(folder / "train.csv", True),
  ),
  Target("tables", good_files.table, good_files.read_table),
  Target(
    "zips of models",
    published.write_zip,
    published.read_zip,
    agrees=outcomes.same,
  ),
  Target(
    "checksums of cached models",
    published.write_cached,
    lambda folder: model_cache.check(str(folder / "model"), thorough=True),
  ),
  Target(
    "questions with choices",
    good_files.choices,
    lambda folder: good_files.read_choices(folder, "race"),
  ),
  Target(
    "questions with choices, a table",
    good_files.choice_table,
    lambda folder: good_files.read_choices(folder, "tsv"),
  ),
  Target(
    "words and labels",
    good_files.words,
    lambda folder: tagging_reader.read(folder / "train.txt"),
  ),
  Target(
    "lines of text",
    good_files.lines,
    lambda folder: text_lines.read(folder / "lines.txt"),
  ),
)

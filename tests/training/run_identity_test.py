"""An output folder knows how its run reads text, and its settings."""

import dataclasses
import json
import shutil

import pytest

import bert_tf
from bert_tf.checkpoints import formats, run_metadata, stored_rules
from bert_tf.tasks.classification import known_tasks, predictor
from bert_tf.training import run_settings
from tests.tasks.classification import classifying

VOCABULARY = classifying.TESTDATA / "vocab.txt"
UNSET = {"do_lower_case": None}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  """A run that was trained with --do_lower_case=false."""
  out = tmp_path_factory.mktemp("run") / "out"
  classifying.classify(out, layers=1, do_train=True, do_lower_case=False)
  return out


@pytest.fixture
def out(trained, tmp_path):
  return shutil.copytree(trained, tmp_path / "out")


def _with_label_column(column):
  task = known_tasks.find("mrpc")
  train = dataclasses.replace(task.train, label=column)
  return dataclasses.replace(task, train=train)


def again(out, **changes):
  told = {"layers": 1, **UNSET, **changes}
  return classifying.classify(out, **told)


def test_the_run_says_how_it_reads_text(trained):
  found = json.loads((trained / "task.json").read_text())
  assert found["text"]["do_lower_case"] is False
  assert found["text"]["strip_accents"] is False
  assert (
    found["text"]["vocab_size"] == len(VOCABULARY.read_text().split("\n")) - 1
  )
  assert found["text"]["max_seq_length"] == classifying.LENGTH
  assert found["settings"]["train_batch_size"] == 8
  assert found["settings"]["init_checkpoint"] == "tiny/bert_model.ckpt"


def test_prediction_reads_text_as_training_did(out):
  again(out, do_predict=True)
  unset = (out / "test_results.tsv").read_bytes()
  again(out, do_predict=True, do_lower_case=False)
  assert (out / "test_results.tsv").read_bytes() == unset
  before = classifying.bytes_of(out)
  with pytest.raises(
    ValueError,
    match=r"--do_lower_case=True, but .*task\.json says False; pass",
  ):
    again(out, do_predict=True, do_lower_case=True)
  assert classifying.bytes_of(out) == before


@pytest.mark.parametrize("form", ["folder", "prefix", "index"])
def test_who_starts_from_the_run_reads_text_as_it_did(out, tmp_path, form):
  path = {
    "folder": out,
    "prefix": out / "model.ckpt-10",
    "index": out / "model.ckpt-10.index",
  }[form]
  with pytest.raises(ValueError, match=r"task\.json says False"):
    again(
      tmp_path / "new",
      init_checkpoint=str(path),
      do_predict=True,
      do_lower_case=True,
    )
  rules = stored_rules.beside(VOCABULARY, None, str(path))
  assert rules == bert_tf.TokenizerRules(lower_case=False)


def test_predictors_and_converters_read_text_as_it_did(out):
  shutil.copy(classifying.TESTDATA / "tiny" / "bert_config.json", out)
  shutil.copy(VOCABULARY, out)
  config = dataclasses.replace(
    bert_tf.BertConfig.from_json_file(out / "bert_config.json"),
    num_hidden_layers=1,
  )
  found = predictor.TextClassifier.from_checkpoint(out, config=config)
  assert found.tokenizer.rules == bert_tf.TokenizerRules(lower_case=False)
  rules = formats.read(str(out), config=config).rules
  assert rules == bert_tf.TokenizerRules(lower_case=False)


def test_another_vocabulary(out, tmp_path):
  pieces = VOCABULARY.read_text().split("\n")
  pieces[100], pieces[101] = pieces[101], pieces[100]
  (tmp_path / "other.txt").write_text("\n".join(pieces))
  for folder in (out, tmp_path / "new"):
    with pytest.raises(
      ValueError, match="trained with a vocabulary of 686 pie"
    ):
      again(
        folder,
        init_checkpoint=str(out),
        vocab_file=str(tmp_path / "other.txt"),
        do_predict=True,
      )


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"learning_rate": 1e-3}, "learning_rate was 5e-05, and is 0.001 now"),
    ({"seed": 3}, "seed was 12345, and is 3 now"),
    ({"batch_size": 16}, "train_batch_size was 8, and is 16 now"),
    ({"num_train_epochs": 0.5}, "num_train_epochs was 1.0, and is 0.5 now"),
    ({"max_seq_length": 40}, "max_seq_length was 48, and is 40 now"),
    ({"layers": 2}, "num_hidden_layers was 1, and is 2 now"),
    ({"freeze_layers": 1}, "freeze_layers was 0, and is 1 now"),
    ({"pack": False}, "pack was unset, and is False now"),
    ({"skip_bad_lines": True}, "skip_bad_lines was False, and is True now"),
    ({"task": _with_label_column(1)}, "label_column was 0, and is 1 now"),
  ],
)
def test_another_training_into_the_same_folder(out, changes, message):
  before = classifying.bytes_of(out)
  with pytest.raises(ValueError, match=message):
    again(out, do_train=True, do_eval=True, **changes)
  assert classifying.bytes_of(out) == before


def test_other_training_data(out, tmp_path):
  """Another label in one line; files of another place are the same."""
  data = shutil.copytree(classifying.GOLDENS / "mrpc/data", tmp_path / "data")
  again(out, do_train=True, data_dir=data)
  text = (data / "train.tsv").read_bytes()
  (data / "train.tsv").write_bytes(text[:-1] + b"!\n")
  before = classifying.bytes_of(out)
  with pytest.raises(
    ValueError,
    match=(
      r"train_data was \d+ bytes, sha256 \w+, and is \d+ bytes, sha256 \w+ now"
    ),
  ):
    again(out, do_train=True, data_dir=data)
  assert classifying.bytes_of(out) == before


def test_a_fingerprint_tells_files_apart(tmp_path, monkeypatch):
  paths = [tmp_path / name for name in "ab"]
  paths[0].write_bytes(bytes(1000))
  paths[1].write_bytes(bytes(999) + b"x")
  prints = [run_settings.fingerprint(map(str, x)) for x in (paths, paths[::-1])]
  assert prints[0] != prints[1]
  assert prints[0].startswith("2000 bytes, sha256 ")
  # Of a large file pieces are read, the first and the last among them.
  monkeypatch.setattr(run_settings, "_WHOLE", 500)
  monkeypatch.setattr(run_settings, "_PIECE", 10)
  large = [run_settings.fingerprint([str(path)]) for path in paths]
  assert large[0] != large[1]


def test_more_epochs_go_on(out, warned):
  again(out, do_train=True, num_train_epochs=1.2)
  assert any("num_train_epochs was 1.0, and is 1.2" in text for text in warned)
  assert (out / "model.ckpt-12.index").exists()
  found = run_metadata.read(str(out))
  assert found.settings["num_train_epochs"] == 1.2


def test_a_folder_of_an_earlier_version_stays_usable(out):
  found = json.loads((out / "task.json").read_text())
  (out / "task.json").write_text(
    json.dumps(
      {k: v for k, v in found.items() if k not in ("text", "settings")}
    )
  )
  again(out, do_train=True, seed=3, do_lower_case=True)
  assert run_metadata.read(str(out)).settings["seed"] == 3


def test_a_folder_in_which_nothing_was_trained_yet(out):
  """A first try that ran out of memory binds nobody."""
  for path in out.glob("model.ckpt*"):
    path.unlink()
  (out / "checkpoint").unlink()
  again(out, do_train=True, batch_size=16, do_lower_case=False)
  assert run_metadata.read(str(out)).settings["train_batch_size"] == 16


def test_a_damaged_note(out):
  (out / "task.json").write_text('{"task": "mrpc", "settings": 3}')
  with pytest.raises(
    ValueError, match=r"task\.json is damaged.*'settings' is 3"
  ):
    again(out, do_predict=True)


def test_another_vocabulary_for_a_predictor(out):
  pieces = VOCABULARY.read_text().split("\n")
  pieces[100], pieces[101] = pieces[101], pieces[100]
  (out / "vocab.txt").write_text("\n".join(pieces))
  config = bert_tf.BertConfig.from_json_file(
    classifying.TESTDATA / "tiny" / "bert_config.json"
  )
  with pytest.raises(ValueError, match="trained with a vocabulary of 686 pie"):
    predictor.TextClassifier.from_checkpoint(
      out, config=dataclasses.replace(config, num_hidden_layers=1)
    )

"""Models by name in commands and in `from_checkpoint`."""

import json
import pathlib
import shutil

import pytest

import bert_tf
from tests.commands import running, small_model
from tests.conftest import ROOT
from tests.model_files import file_server

NAME = small_model.NAME
TESTDATA = ROOT / "tests" / "testdata"


@pytest.fixture(scope="module")
def server(tmp_path_factory, uncased_vocab_file):
  files = small_model.at_its_address(
    tmp_path_factory.mktemp("made"), uncased_vocab_file
  )
  with file_server.serving(files) as served:
    yield served


@pytest.fixture(scope="module")
def home(server, tmp_path_factory):
  """A cache directory that all tests share, as users do."""
  folder = tmp_path_factory.mktemp("home")
  with pytest.MonkeyPatch.context() as patch:
    patch.setenv("BERT_TF_HOME", str(folder))
    patch.setenv("BERT_TF_MIRROR", server.url)
    patch.delenv("BERT_TF_OFFLINE", raising=False)
    yield folder


def fill(*flags):
  return running.run(
    "fill_mask", "--output_format=json", *flags, input="the [MASK]\n"
  )


def test_a_name_is_enough(server, home):
  first = fill(f"--init_checkpoint={NAME}")
  assert first.returncode == 0, first.stderr
  assert len(json.loads(first.stdout)["masks"][0]["predictions"]) == 5
  assert f"{NAME} is not in {home}: downloading it" in first.stderr
  folder = home / "google" / "2020_02_20" / NAME
  second = fill(
    f"--init_checkpoint={folder}/bert_model.ckpt",
    f"--bert_config_file={folder}/bert_config.json",
    f"--vocab_file={folder}/vocab.txt",
  )
  assert second.stdout == first.stdout
  assert len(server.requests) == 1


def test_from_checkpoint(home, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  model = bert_tf.BertPretrainer.from_checkpoint(NAME)
  assert model.config.hidden_size == 128
  fill_mask = bert_tf.MaskFiller.from_checkpoint(NAME)
  assert fill_mask.tokenizer.tokenize("Unaffable") == ["una", "##ffa", "##ble"]
  folder = bert_tf.download_model(NAME)
  assert pathlib.Path(folder, "vocab.txt").exists()


def test_a_folder_of_that_name_wins(home, tmp_path):
  shutil.copytree(TESTDATA / "tiny", tmp_path / NAME)
  shutil.copy(TESTDATA / "vocab.txt", tmp_path / NAME)
  done = running.run(
    "inspect_checkpoint", f"--checkpoint={NAME}", "--json", cwd=tmp_path
  )
  tiny = json.loads((TESTDATA / "tiny" / "bert_config.json").read_text())
  config = json.loads(done.stdout)["config"]
  assert config["hidden_size"] == tiny["hidden_size"] != 128


def test_files_beside_a_checkpoint(home, tmp_path):
  shutil.copytree(TESTDATA / "tiny", tmp_path / "tiny")
  checkpoint = f"--init_checkpoint={tmp_path / 'tiny' / 'bert_model.ckpt'}"
  running.assert_plain_error(
    fill(checkpoint),
    "fill_mask: --vocab_file must be given: there is no vocabulary beside "
    f"{checkpoint}",
  )
  shutil.copy(TESTDATA / "vocab.txt", tmp_path / "tiny")
  done = fill(checkpoint)
  assert done.returncode == 0, done.stderr
  (tmp_path / "tiny" / "bert_config.json").unlink()
  running.assert_plain_error(
    fill(checkpoint),
    "fill_mask: --bert_config_file must be given: there is no configuration",
  )


def test_neither_files_nor_a_checkpoint(home, tmp_path):
  done = running.run(
    "run_tagger", f"--data_dir={tmp_path}", f"--output_dir={tmp_path}"
  )
  running.assert_plain_error(
    done,
    "run_tagger: ",
    "--bert_config_file must be given, or --init_checkpoint of a model that "
    "has it",
  )


def test_a_name_that_is_none(home):
  done = fill("--init_checkpoint=uncased_L2_H128_A2")
  running.assert_plain_error(
    done,
    "fill_mask: uncased_L2_H128_A2: there is no such file or folder, and no "
    "model of that name; did you mean uncased_L-2_H-128_A-2",
  )
  assert done.stderr.splitlines()[-1].startswith("fill_mask: uncased_L2")


def test_files_of_a_named_model_without_its_weights(home, tmp_path):
  (tmp_path / "text.txt").write_text("one line\nanother\n\nand one more\n")
  done = running.run(
    "create_pretraining_data",
    f"--input_file={tmp_path / 'text.txt'}",
    f"--output_file={tmp_path / 'data.tfrecord'}",
    f"--vocab_file={NAME}",
    "--max_seq_length=16",
    "--max_predictions_per_seq=2",
  )
  assert done.returncode == 0, done.stderr
  done = running.run(
    "run_pretraining",
    f"--input_file={tmp_path / 'data.tfrecord'}",
    f"--output_dir={tmp_path / 'out'}",
    f"--bert_config_file={NAME}",
    "--max_seq_length=16",
    "--max_predictions_per_seq=2",
    "--do_train",
    "--num_train_steps=1",
    "--train_batch_size=2",
  )
  assert done.returncode == 0, done.stderr


def test_fine_tuning_and_export(home, tmp_path):
  (tmp_path / "train.tsv").write_text("text\tlabel\nfine\t1\ndull\t0\n")
  done = running.run(
    "run_classifier",
    "--task_name=tsv",
    f"--data_dir={tmp_path}",
    f"--output_dir={tmp_path / 'out'}",
    f"--init_checkpoint={NAME}",
    "--do_train",
    "--num_train_epochs=1",
    "--train_batch_size=2",
    "--max_seq_length=8",
  )
  assert done.returncode == 0, done.stderr
  done = running.run(
    "export_saved_model",
    "--model_type=classifier",
    f"--init_checkpoint={tmp_path / 'out'}",
    f"--bert_config_file={NAME}",
    f"--vocab_file={NAME}",
    f"--export_dir={tmp_path / 'exported'}",
    "--max_seq_length=8",
  )
  assert done.returncode == 0, done.stderr


def test_offline(home, monkeypatch):
  monkeypatch.setenv("BERT_TF_OFFLINE", "1")
  assert fill(f"--init_checkpoint={NAME}").returncode == 0
  done = fill("--init_checkpoint=uncased_L-4_H-128_A-2")
  running.assert_plain_error(done, "BERT_TF_OFFLINE is set")


def test_a_model_that_the_mirror_lacks(home, server):
  done = fill("--init_checkpoint=uncased_L-4_H-128_A-2")
  running.assert_plain_error(
    done,
    f"{server.url}/2020_02_20/uncased_L-4_H-128_A-2.zip: the server",
    "404",
  )


def test_a_case_that_contradicts_the_name(home, tmp_path):
  (tmp_path / "train.txt").write_text("the O\n")
  done = running.run(
    "run_tagger",
    "--nodo_lower_case",
    "--do_train",
    f"--data_dir={tmp_path}",
    f"--output_dir={tmp_path / 'out'}",
    f"--init_checkpoint={NAME}",
  )
  running.assert_plain_error(
    done, f"names the uncased model {NAME}", "--do_lower_case=True"
  )

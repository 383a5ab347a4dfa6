"""The quickstart, cut short."""

import dataclasses

import pytest

import bert_tf
from bert_tf.tasks.pretraining import miniature
from tests.commands import running


def test_quickstart(tmp_path):
  run = running.run(
    "quickstart",
    f"--output_dir={tmp_path}",
    "--num_train_steps=60",
    "--dupe_factor=5",
    by_path=True,
  )
  assert run.returncode == 0, run.stderr
  assert "on held-out text" in run.stdout
  row = next(
    line for line in run.stdout.splitlines() if "masked-word loss" in line
  )
  before, after = map(float, row.split()[-2:])
  assert after < before - 0.5
  config = bert_tf.BertConfig.from_json_file(tmp_path / "bert_config.json")
  tokenizer = bert_tf.FullTokenizer(tmp_path / "vocab.txt")
  assert len(tokenizer.vocab) == config.vocab_size <= 2000
  model = bert_tf.BertModel.from_checkpoint(
    tmp_path / "model" / "model.ckpt-60", config=config
  )
  ids = tokenizer.encode("The lighthouse keeper counted the ships.")
  assert model([ids]).sequence_output.shape == (1, len(ids), 128)


def test_documents_are_split_and_none_is_lost(tmp_path):
  documents = [f"Title {n}.\nText of {n}.\n".encode() for n in range(25)]
  corpus = tmp_path / "corpus.txt"
  corpus.write_bytes(b"\n \n".join(documents).replace(b"\n", b"\r\n"))
  miniature.split_corpus(
    miniature.QuickstartSettings(str(corpus), str(tmp_path))
  )
  held_out = (tmp_path / "held_out.txt").read_bytes()
  train = (tmp_path / "train.txt").read_bytes()
  assert held_out == b"\n".join([documents[9], documents[19]])
  together = (train + b"\n" + held_out).strip().split(b"\n\n")
  assert sorted(together) == sorted(d.strip() for d in documents)


def test_one_document_is_trained_and_evaluated_on(tmp_path):
  corpus = tmp_path / "corpus.txt"
  corpus.write_text("One.\nTwo.")
  miniature.split_corpus(
    miniature.QuickstartSettings(str(corpus), str(tmp_path))
  )
  assert (tmp_path / "train.txt").read_text() == "One.\nTwo.\n"
  assert (tmp_path / "held_out.txt").read_text() == "One.\nTwo.\n"


def test_another_text_in_the_same_folder(tmp_path):
  for number, text in enumerate(["One.\nTwo.", "Three.\nFour."]):
    (tmp_path / f"{number}.txt").write_text(text)
  settings = [
    miniature.QuickstartSettings(str(tmp_path / f"{n}.txt"), str(tmp_path))
    for n in (0, 1)
  ]
  settings.append(dataclasses.replace(settings[0], vocab_size=1000))
  for _ in range(2):  # the same text again is no harm
    miniature.split_corpus(settings[0])
  for other in settings[1:]:
    with pytest.raises(ValueError, match="is in use by another task"):
      miniature.split_corpus(other)
  assert (tmp_path / "train.txt").read_text() == "One.\nTwo.\n"


def test_files_of_others_are_left_alone(tmp_path):
  (tmp_path / "corpus.txt").write_text("One.\nTwo.")
  (tmp_path / "vocab.txt").write_text("precious")
  settings = miniature.QuickstartSettings(
    str(tmp_path / "corpus.txt"), str(tmp_path)
  )
  with pytest.raises(
    FileExistsError, match=r"vocab\.txt is there, and no quic"
  ):
    miniature.split_corpus(settings)
  assert {path.name for path in tmp_path.iterdir()} == {
    *("corpus.txt", "vocab.txt")
  }


def test_no_text(tmp_path):
  (tmp_path / "corpus.txt").write_text("\n \n")
  settings = miniature.QuickstartSettings(
    str(tmp_path / "corpus.txt"), str(tmp_path / "out")
  )
  with pytest.raises(ValueError, match=r"corpus\.txt: found no text"):
    miniature.split_corpus(settings)
  assert not (tmp_path / "out").exists()


def test_missing_corpus():
  run = running.run("quickstart", "--corpus=/nowhere.txt")
  running.assert_plain_error(run, "/nowhere.txt")

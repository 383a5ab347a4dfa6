"""export_saved_model and predict, as commands."""

import json
import os
import shutil

import numpy as np
import pytest

from tests.commands import running
from tests.tasks.classification import classifying

TESTDATA = classifying.TESTDATA
MRPC = classifying.GOLDENS / "mrpc"


def export(export_dir, by_path=False, **changes):
  flags = {
    "model_type": "classifier",
    "init_checkpoint": MRPC / "model.ckpt-40",
    "bert_config_file": TESTDATA / "tiny" / "bert_config.json",
    "vocab_file": TESTDATA / "vocab.txt",
    "export_dir": export_dir,
    "labels": "different,same",
  } | changes
  return running.run(
    "export_saved_model", *running.as_flags(flags), by_path=by_path
  )


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
  """An export of run_classifier's folder, which tells the labels."""
  folder = tmp_path_factory.mktemp("export")
  classifying.put_golden_checkpoint("mrpc", folder / "out")
  owner = {"task": "mrpc", "kind": "single_label", "labels": ["0", "1"]}
  (folder / "out" / "task.json").write_text(json.dumps(owner))
  done = export(
    folder / "models",
    by_path=True,
    init_checkpoint=folder / "out",
    labels=None,
    max_seq_length=classifying.LENGTH,
  )
  assert done.returncode == 0, done.stderr
  assert os.listdir(folder / "models") == ["1"]
  assert f"next: bert_tf serve --saved_model={folder / 'models'}" in done.stderr
  return folder / "models"


def test_predict_answers_lines(exported):
  rows = (MRPC / "data" / "test.tsv").read_text().splitlines()[1:]
  pairs = [row.split("\t")[3:5] for row in rows]
  done = running.run(
    "predict",
    f"--saved_model={exported}",
    input="".join(f"{a} ||| {b}\n" for a, b in pairs) + "alone\n\n",
    by_path=True,
  )
  assert done.returncode == 0, done.stderr
  answers = [json.loads(line) for line in done.stdout.splitlines()]
  golden = np.loadtxt(MRPC / "test_results.tsv")
  assert len(answers) == len(golden) + 2
  for answer, (first, second), want in zip(
    answers, pairs, golden, strict=False
  ):
    assert (answer["text"], answer["text_pair"]) == (first, second)
    np.testing.assert_allclose(answer["probabilities"], want, atol=1e-5)
    assert answer["label"] == str(int(np.argmax(want)))
  assert answers[-2]["text"] == "alone"
  assert answers[-1]["text"] == ""
  assert not {"text_pair"} & (set(answers[-1]) | set(answers[-2]))


def test_predict_of_no_lines_at_once(tmp_path):
  done = running.run("predict", f"--saved_model={tmp_path}", "--batch_size=0")
  running.assert_plain_error(done, "--batch_size=0", "expected at least 1")


def test_predict_without_a_model(tmp_path):
  done = running.run("predict", f"--saved_model={tmp_path}", input="a\n")
  running.assert_plain_error(done, str(tmp_path), "saved_model.pb")


@pytest.mark.parametrize(
  ("changes", "messages"),
  [
    ({"labels": None}, ["needs labels", "task.json"]),
    ({"labels": "a,a"}, ["twice"]),
    ({"labels": "a,b,c"}, ["output_weights", "[2, 32]", "[3, 32]"]),
    ({"model_type": "encoder"}, ["no labels"]),
    (
      {"init_checkpoint": TESTDATA / "tiny" / "bert_model.ckpt"},
      ["output_weights", "not in the checkpoint"],
    ),
    ({"max_seq_length": 500}, ["max_position_embeddings=64; take a smaller"]),
    ({"init_checkpoint": "/nowhere/bert_model.ckpt"}, ["/nowhere"]),
  ],
)
def test_bad_input_exports_nothing(tmp_path, changes, messages):
  done = export(tmp_path / "models", **changes)
  running.assert_plain_error(done, *messages)
  assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
  ("without", "more", "message"),
  [
    (("[SEP]", "[UNK]"), "", "none is [UNK], [SEP]"),
    (("[PAD]",), "", "none is [PAD]"),
    (("[MASK]",), "", "none is [MASK]"),
    ((), "more\n", "found 687 pieces, but the model has vocab_size=686"),
  ],
)
def test_a_vocabulary_of_another_model(tmp_path, without, more, message):
  text = (TESTDATA / "vocab.txt").read_text("utf-8") + more
  for piece in without:
    text = text.replace(f"{piece}\n", f"x{piece}\n")
  path = tmp_path / "vocab.txt"
  path.write_text(text, "utf-8")
  done = export(tmp_path / "models", vocab_file=path)
  running.assert_plain_error(done, f"{path}: ", message)
  assert not (tmp_path / "models").exists()


def test_a_damaged_checkpoint_exports_nothing(tmp_path):
  for path in MRPC.glob("model.ckpt-40.*"):
    shutil.copyfile(path, tmp_path / path.name)
  data = tmp_path / "model.ckpt-40.data-00000-of-00001"
  data.write_bytes(data.read_bytes()[:5000])
  done = export(tmp_path / "models", init_checkpoint=tmp_path / "model.ckpt-40")
  running.assert_plain_error(done, "damaged")
  assert not (tmp_path / "models").exists()

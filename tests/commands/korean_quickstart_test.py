"""The Korean quickstart of docs/languages.md, as it is printed."""

import json
import os
import re
import subprocess
import sys

import pytest

import bert_tf
from bert_tf.tasks.squad import answer_ceiling, reader, settings
from bert_tf.text import vocabulary_file, vocabulary_learner
from tests.conftest import ROOT

KOREAN = ROOT / "examples" / "korean"
# Questions, and those whose right answers a perfect model could give exactly.
TABLES = {"questions_train.csv": (24, 17), "questions_dev.csv": (8, 7)}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
  learned = vocabulary_learner.learn(
    [str(KOREAN / "text.txt")],
    vocabulary_learner.Settings(vocab_size=1500, do_lower_case=False),
  )
  path = tmp_path_factory.mktemp("korean") / "vocab.txt"
  vocabulary_file.save_vocab(str(path), learned.pieces)
  return bert_tf.FullTokenizer(path, False)


def test_the_configuration_has_the_size_of_the_vocabulary(tokenizer):
  config = bert_tf.BertConfig.from_json_file(KOREAN / "bert_config.json")
  assert config.vocab_size == len(tokenizer.vocab)


def test_the_text():
  documents = (KOREAN / "text.txt").read_text("utf-8").strip().split("\n\n")
  sentences = [line for part in documents for line in part.split("\n")]
  assert len(documents) == 21
  assert len(set(sentences)) == len(sentences) == 210
  assert all(re.fullmatch("[가-힣 ]+[.?]", line) for line in sentences)


@pytest.mark.parametrize("name", TABLES)
def test_questions_are_of_the_text(tokenizer, name):
  asked = reader.read_for_training(KOREAN / name, False)
  text = " ".join((KOREAN / "text.txt").read_text("utf-8").split())
  assert all(one.context.text in text for one in asked)
  found = answer_ceiling.returned(
    asked, tokenizer, settings.WindowSettings(128, 64, 24), "offsets"
  )
  assert all(one.tokens and one.wanted in one.text for one in found)
  exact = sum(one.text == one.wanted for one in found)
  assert (len(found), exact) == TABLES[name]


@pytest.mark.slow
def test_the_quickstart_runs_as_printed(tmp_path):
  page = (ROOT / "docs" / "languages.md").read_text("utf-8")
  section = page.split("## A Korean quickstart")[1].split("\n## ")[0]
  (script,) = re.findall(r"^```\n(.*?)^```", section, re.M | re.S)
  command = tmp_path / "bin" / "bert_tf"
  command.parent.mkdir()
  command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bert_tf "$@"\n')
  command.chmod(0o755)
  (tmp_path / "examples").symlink_to(ROOT / "examples")
  path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
  done = subprocess.run(
    ["bash", "-e", "-c", script],
    cwd=tmp_path,
    env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
    capture_output=True,
    text=True,
    timeout=600,
    check=False,
  )
  assert done.returncode == 0, done.stderr[-3000:]
  assert "vocab_size=1,500 is not reached" in done.stderr
  assert "answers are scored by characters (KorQuAD's rules)" in done.stderr
  out = tmp_path / "korean"
  answers = json.loads((out / "questions" / "predictions.json").read_text())
  asked = reader.read_for_prediction(KOREAN / "questions_dev.csv")
  assert list(answers) == [one.id for one in asked]
  for one in asked:
    assert answers[one.id] in one.context.text
  assert "f1 = " in (out / "questions" / "eval_results.txt").read_text()
  assert "eval_f1 = " in (out / "tagger" / "eval_results.txt").read_text()

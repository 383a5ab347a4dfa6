"""What is wrong is said before anything is written."""

import json

import numpy as np
import pytest
from absl import logging

from bert_tf.checkpoints import checkpoint_reader, run_metadata, saver
from bert_tf.tasks.squad import settings
from tests.tasks.squad import goldens


@pytest.fixture
def source(tmp_path_factory):
  return goldens.small_file(tmp_path_factory.mktemp("data") / "train.json")


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"do_predict": False}, "At least one of `do_train` or `do_predict` must"),
    ({"do_train": True}, "If `do_train` is True, then `train_file` must be"),
    ({"predict_file": None}, "If `do_predict` is True, then `predict_file` m"),
    ({"predict_batch_size": 0}, "predict_batch_size=0 is < 1"),
    (
      {"windows": settings.WindowSettings(65, 24, 20)},
      "max_seq_length=65 is above the model's max_position_embeddings=64",
    ),
    ({"vocab_file": "/nowhere/vocab.txt"}, "/nowhere/vocab.txt"),
    ({"predict_file": "/nowhere/dev.json"}, r"/nowhere/dev\.json"),
  ],
)
def test_wrong_settings(tmp_path, changes, message):
  with pytest.raises((ValueError, OSError), match=message):
    goldens.run_squad(tmp_path / "out", **changes)
  assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
  "tuning, changes, message",
  [
    (
      {"init_checkpoint": "/nowhere/bert_model.ckpt"},
      {"do_train": True, "train_file": str(goldens.SQUAD / "v1.json")},
      "no checkpoint at /nowhere",
    ),
    (
      {"num_train_epochs": 0.01},
      {"do_train": True, "train_file": str(goldens.SQUAD / "v1.json")},
      "120 examples in batches of 8, 0.01 epochs, make not one step",
    ),
    ({"init_checkpoint": None}, {}, "no model to apply: no checkpoint in"),
    (
      {"init_checkpoint": "/x/uncased_L-12_H-768_A-12/bert_model.ckpt"},
      {"decoding": settings.DecodingSettings(do_lower_case=False)},
      "pass --do_lower_case=True",
    ),
    (
      {"eval_steps": 5},
      {
        "do_train": True,
        "train_file": str(goldens.SQUAD / "v1.json"),
        "do_predict": False,
        "predict_file": None,
      },
      "eval_steps needs a predict_file",
    ),
    (
      {"eval_steps": 5, "best_metric": "bleu"},
      {"do_train": True, "train_file": str(goldens.SQUAD / "v1.json")},
      "best_metric='bleu' is not a metric of this task; it is one of exact_mat",
    ),
    (
      {"eval_steps": 5, "best_metric": "exact_match"},
      {
        "do_train": True,
        "train_file": str(goldens.SQUAD / "v2.json"),
        "predict_file": str(goldens.SQUAD / "v2.json"),
        "decoding": goldens.SETTINGS["v2"],
      },
      "it is one of HasAns_exact, HasAns_f1, .*, best_f1, .*, exact, f1, total",
    ),
  ],
)
def test_wrong_tuning(tmp_path, tuning, changes, message):
  with pytest.raises((ValueError, OSError), match=message):
    goldens.run_squad(tmp_path / "out", tuning=tuning, **changes)
  assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
  "lines, message",
  [
    (["[PAD]", "[UNK]", "[CLS]"], r"of 3 pieces none is \[SEP\]"),
    (
      ["[UNK]", "[CLS]", "[SEP]", *map(str, range(700))],
      "found 703 pieces, but the model has vocab_size=686",
    ),
  ],
)
def test_a_vocabulary_of_another_model(tmp_path, lines, message):
  path = tmp_path / "vocab.txt"
  path.write_text("\n".join(lines) + "\n")
  with pytest.raises(ValueError, match=message):
    goldens.run_squad(tmp_path / "out", vocab_file=str(path))
  assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_by_broken_input(tmp_path, source):
  (tmp_path / "predictions.json").write_text("precious")
  (tmp_path / "train.tf_record").write_text("precious")
  broken = tmp_path / "broken.json"
  content = json.loads((goldens.SQUAD / "v1.json").read_text())
  del content["data"][3]["paragraphs"][0]["qas"][1]["question"]
  broken.write_text(json.dumps(content))
  for changes in (
    {"train_file": str(broken), "do_train": True},
    {"predict_file": str(broken), "train_file": source, "do_train": True},
  ):
    with pytest.raises(ValueError, match=r"broken.json: question 'v1-003-1'"):
      goldens.run_squad(tmp_path, **changes)
  found = {path.name for path in tmp_path.iterdir()}
  assert found == {"predictions.json", "train.tf_record", "broken.json"}
  for name in ("predictions.json", "train.tf_record"):
    assert (tmp_path / name).read_text() == "precious"


def test_output_dir_of_another_task(tmp_path, source):
  """Told by its checkpoint, or by what the task wrote at its start."""
  prefix = str(tmp_path / "model.ckpt-7")
  saver.save({"output_weights": np.zeros([2, 32])}, prefix)
  (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-7"')
  (tmp_path / "train.tf_record").write_text("precious")
  with pytest.raises(ValueError, match=r"ckpt-7: expected a variable 'cls/sq"):
    goldens.train(tmp_path, source)
  (tmp_path / "checkpoint").unlink()
  run_metadata.claim(str(tmp_path), run_metadata.RunMetadata("cola"))
  with pytest.raises(ValueError, match="is in use by another task"):
    goldens.train(tmp_path, source)
  with pytest.raises(ValueError, match="is in use by another task"):
    goldens.run_squad(tmp_path)
  assert (tmp_path / "train.tf_record").read_text() == "precious"
  assert not (tmp_path / "predictions.json").exists()


def test_eval_steps_without_answers(tmp_path, source):
  content = json.loads((goldens.SQUAD / "v1.json").read_text())
  del content["data"][0]["paragraphs"][0]["qas"][0]["answers"]
  path = tmp_path / "test.json"
  path.write_text(json.dumps(content))
  with pytest.raises(ValueError, match=r"eval_steps needs answers, which .*te"):
    goldens.train(
      tmp_path / "out",
      source,
      predict_file=str(path),
      tuning={"eval_steps": 5},
    )
  assert not (tmp_path / "out").exists()


def test_answers_of_a_model_that_never_learned_to(tmp_path, monkeypatch):
  said = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: said.append(text % args)
  )
  path = goldens.small_file(tmp_path / "few.json", 3)
  tiny = str(goldens.TESTDATA / "tiny" / "bert_model.ckpt")
  goldens.run_squad(
    tmp_path / "out", predict_file=path, tuning={"init_checkpoint": tiny}
  )
  assert [text for text in said if "not trained to answer questions" in text]


def test_half_a_head_does_not_answer(tmp_path):
  reader = checkpoint_reader.Reader(goldens.CHECKPOINTS["v1"])
  values = {name: reader.read(name) for name in reader.shapes}
  for name in ("weights", "bias"):
    rest = {k: v for k, v in values.items() if k != f"cls/squad/output_{name}"}
    saver.save(rest, str(tmp_path / "half.ckpt"))
    with pytest.raises(ValueError, match=rf"half\.ckpt: .*output_{name}' of s"):
      goldens.run_squad(
        tmp_path / "out",
        tuning={"init_checkpoint": str(tmp_path / "half.ckpt")},
      )
  assert not (tmp_path / "out").exists()

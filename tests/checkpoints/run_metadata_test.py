"""What a folder says about itself."""

import dataclasses
import json
import types

import pytest
from absl import logging

from bert_tf.checkpoints import portable_model, run_metadata
from bert_tf.system import remote_files
from tests.conftest import ROOT

COLA = run_metadata.RunMetadata("cola", "single_label", ("0", "1"))


def test_a_claim_holds_for_its_task_alone(tmp_path):
  folder = str(tmp_path / "new")
  run_metadata.check(folder, COLA)
  assert run_metadata.read(folder) is None
  assert not (tmp_path / "new").exists()
  run_metadata.claim(folder, COLA)
  run_metadata.check(folder, COLA)
  assert run_metadata.read(folder) == COLA
  other = dataclasses.replace(COLA, labels=("1", "0"))
  for refuse in (run_metadata.check, run_metadata.claim):
    with pytest.raises(ValueError, match="in use by another task") as error:
      refuse(folder, other)
    assert "new/task.json" in str(error.value)
    assert '["0", "1"]' in str(error.value)
  assert run_metadata.read(folder) == COLA


@pytest.mark.parametrize(
  "run, text",
  [
    (run_metadata.RunMetadata("squad"), '{"task": "squad"}'),
    (
      run_metadata.RunMetadata("tagging", labels=("O", "B-x")),
      '{"task": "tagging", "labels": ["O", "B-x"]}',
    ),
    (
      run_metadata.RunMetadata("sts-b", "regression", ()),
      '{"task": "sts-b", "kind": "regression", "labels": []}',
    ),
    (
      run_metadata.RunMetadata("quickstart", others={"seed": 1, "x": [2]}),
      '{"task": "quickstart", "seed": 1, "x": [2]}',
    ),
  ],
)
def test_the_file_is_as_it_always_was(tmp_path, run, text):
  run_metadata.claim(str(tmp_path), run)
  assert (tmp_path / "task.json").read_text() == text + "\n"
  assert run_metadata.read(str(tmp_path)) == run


def test_keys_of_later_versions_are_kept(tmp_path):
  later = COLA.to_dict() | {"vocabulary": "abc", "max_seq_length": 64}
  (tmp_path / "task.json").write_text(json.dumps(later))
  run_metadata.claim(str(tmp_path), COLA)
  assert json.loads((tmp_path / "task.json").read_text()) == later
  more = dataclasses.replace(COLA, others={"max_seq_length": 64, "rules": {}})
  run_metadata.claim(str(tmp_path), more)
  found = json.loads((tmp_path / "task.json").read_text())
  assert found == later | {"rules": {}}
  wrong = dataclasses.replace(COLA, others={"max_seq_length": 32})
  with pytest.raises(ValueError, match="in use by another task"):
    run_metadata.claim(str(tmp_path), wrong)


@pytest.mark.parametrize(
  "text, message",
  [
    ('{"task"', "not a JSON file"),
    ("[1]", "expected a JSON object"),
    ("{}", "'task' is None, expected the name of a task"),
    ('{"task": "cola", "kind": 3}', "'kind' is 3, expected a string"),
    ('{"task": "cola", "labels": "0,1"}', "'labels' is '0,1', expected a list"),
    ('{"task": "cola", "labels": [0]}', r"'labels' is \[0\], expected a list"),
  ],
)
def test_damaged(tmp_path, text, message):
  (tmp_path / "task.json").write_text(text)
  for use in (run_metadata.check, run_metadata.claim):
    with pytest.raises(ValueError, match=rf"task\.json is damaged.*{message}"):
      use(str(tmp_path), COLA)
  assert (tmp_path / "task.json").read_text() == text


def test_a_file(tmp_path):
  (tmp_path / "out").write_text("mine")
  with pytest.raises(NotADirectoryError, match=r"output_dir .*out is a file"):
    run_metadata.check(str(tmp_path / "out"), COLA)


def test_who_only_applies_a_model_does_not_change_what_is_known(tmp_path):
  """Longer texts may be predicted; the training goes on with its own."""
  folder = str(tmp_path)
  trained = dataclasses.replace(
    COLA, text={"max_seq_length": 128}, settings={"seed": 1}
  )
  run_metadata.claim(folder, trained)
  run_metadata.claim(
    folder, dataclasses.replace(COLA, text={"max_seq_length": 256, "new": 1})
  )
  found = run_metadata.read(folder)
  assert found.text == {"max_seq_length": 128, "new": 1}
  run_metadata.check(folder, trained, resumes=True)


def test_a_folder_in_a_bucket(monkeypatch):
  """Without a slash at its end, too."""

  def stat(path):
    return types.SimpleNamespace(is_directory=path == "gs://b/run")

  there = types.SimpleNamespace(stat=stat)
  monkeypatch.setattr(remote_files, "gfile", lambda: there)
  for path in ("gs://b/run", "gs://b/run/model.ckpt-3"):
    assert run_metadata.folder_of(path) == "gs://b/run"
  assert run_metadata.folder_of("gs://b/run/") == "gs://b/run/"


def test_what_chooses_a_step_may_change_and_is_told(tmp_path, monkeypatch):
  said = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: said.append(text % args)
  )
  settings = {"seed": 1, "early_stopping_patience": 0}
  run_metadata.claim(
    str(tmp_path), dataclasses.replace(COLA, settings=settings)
  )
  settings |= {"early_stopping_patience": 3}
  run_metadata.check(
    str(tmp_path), dataclasses.replace(COLA, settings=settings), resumes=True
  )
  (text,) = said
  assert "early_stopping_patience was 0, and is 3 now" in text


@pytest.mark.parametrize("below", ["", "best", "trial_2", "trial_2/best"])
def test_found_from_a_checkpoint_of_the_run(tmp_path, below):
  run_metadata.claim(str(tmp_path), COLA)
  prefix = str(tmp_path / below / "model.ckpt-3")
  assert run_metadata.beside(prefix) == COLA


def test_not_found_from_other_folders(tmp_path):
  run_metadata.claim(str(tmp_path), COLA)
  assert run_metadata.beside(str(tmp_path / "other" / "model.ckpt-3")) is None
  # A folder of keras-nlp has a file of that name too.
  (tmp_path / "task.json").write_text('{"registered_name": "BertMaskedLM"}')
  assert run_metadata.beside(str(tmp_path / "model.ckpt-3")) is None


def test_what_labels_are_of():
  per_token = portable_model.PER_TOKEN
  assert COLA.labels_of == portable_model.PER_SEQUENCE
  assert run_metadata.RunMetadata("tagging").labels_of == per_token
  chunks = run_metadata.RunMetadata("chunks", others={"labels_of": "token"})
  assert chunks.labels_of == per_token


def test_no_other_module_names_the_file():
  """keras-nlp's own task.json is another file."""
  named = {
    path.name
    for path in (ROOT / "bert_tf").rglob("*.py")
    if "task.json" in path.read_text()
  }
  assert named == {"run_metadata.py", "keras_nlp_format.py"}

"""tools/convert_checkpoint as a user calls it."""

import json

import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, formats, variable_names
from tests.checkpoints import made_up
from tests.commands import running


def convert(source, out, by_path=False, **flags):
  given = {"input": source, "output_dir": out} | flags
  return running.run(
    "convert_checkpoint", *running.as_flags(given), by_path=by_path
  )


@pytest.fixture(scope="module")
def erf_folder(tmp_path_factory):
  """A Hugging Face folder of a model with both heads of pre-training."""
  folder = tmp_path_factory.mktemp("erf") / "hf"
  model = made_up.model(["masked_lm", "next_sentence"])
  model = made_up.with_act(model, "gelu_erf")
  formats.write(model, "huggingface", str(folder))
  return folder


def test_form_is_recognised_and_gelu_explained(erf_folder, tmp_path):
  done = convert(erf_folder, tmp_path / "google", by_path=True, to="google")
  assert done.returncode == 0, done.stderr
  assert "gelu_erf, which the original program does not know" in done.stderr
  assert "huggingface, 46 tensors" in done.stderr
  assert sorted(path.name for path in (tmp_path / "google").iterdir()) == [
    "bert_config.json",
    "bert_model.ckpt.data-00000-of-00001",
    "bert_model.ckpt.index",
    "vocab.txt",
  ]
  made_up.assert_same_tensors(
    formats.read(str(tmp_path / "google")), formats.read(str(erf_folder))
  )


def test_what_is_lost_must_be_allowed(erf_folder, tmp_path):
  """And the gelu that is known to be wrong may be told."""
  flags = {"to": "model_garden", "from": "huggingface", "hidden_act": "gelu"}
  done = convert(erf_folder, tmp_path / "out", **flags)
  running.assert_plain_error(
    done, "cls/seq_relationship/output_weights; --allow_loss leaves them out"
  )
  assert not list(tmp_path.iterdir())
  done = convert(erf_folder, tmp_path / "out", allow_loss=True, **flags)
  assert done.returncode == 0, done.stderr
  assert "left out: cls/seq_relationship/output_weights" in done.stderr
  found = formats.read(str(tmp_path / "out"))
  assert found.config.hidden_act == "gelu"
  assert len(found.tensors) == 44


def test_training_checkpoint_is_stripped(testdata, tmp_path):
  """And gets the files that a runner does not write beside it."""
  for name in ("index", "data-00000-of-00001"):
    source = testdata / "tiny" / f"resume_model.ckpt-20.{name}"
    (tmp_path / source.name).write_bytes(source.read_bytes())
  source, out = tmp_path / "resume_model.ckpt-20", tmp_path / "out"
  done = convert(
    source,
    out,
    to="google",
    strip_optimizer=True,
    bert_config_file=testdata / "tiny" / "bert_config.json",
    vocab_file=testdata / "vocab.txt",
  )
  assert done.returncode == 0, done.stderr
  before, after = (
    checkpoint_reader.Reader(source),
    checkpoint_reader.Reader(out),
  )
  state = set(before.shapes) - set(after.shapes)
  assert len(state) > 100
  assert all(map(variable_names.is_training_state, state))
  for name in after.shapes:
    np.testing.assert_array_equal(after.read(name), before.read(name))
  assert (out / "vocab.txt").read_bytes() == (
    testdata / "vocab.txt"
  ).read_bytes()


def test_rules_go_with_the_vocabulary(erf_folder, tmp_path):
  """Those that lie beside --vocab_file, instead of the checkpoint's own."""
  folder = tmp_path / "other"
  folder.mkdir()
  vocab_file = folder / "vocab.txt"
  vocab_file.write_bytes((erf_folder / "vocab.txt").read_bytes())
  told = {"do_lower_case": True, "tokenize_chinese_chars": False}
  (folder / "tokenizer_config.json").write_text(json.dumps(told))
  out = tmp_path / "out"
  done = convert(erf_folder, out, to="google", vocab_file=vocab_file)
  assert done.returncode == 0, done.stderr
  rules = bert_tf.TokenizerRules(split_cjk=False)
  assert formats.read(str(out)).rules == rules
  config = json.loads((out / "bert_config.json").read_text())
  assert {key: config[key] for key in told} == told


def test_new_words(erf_folder, tmp_path):
  done = convert(
    erf_folder,
    tmp_path / "out",
    to="huggingface",
    add_tokens="dog,fox,hen",
    resize_vocab=24,
    seed=3,
  )
  assert done.returncode == 0, done.stderr
  found = formats.read(str(tmp_path / "out"))
  assert found.vocabulary[5:7] == ("dog", "fox")
  assert found.vocabulary[20:] == ("hen", "[unused0]", "[unused1]", "[unused2]")
  config = json.loads((tmp_path / "out" / "config.json").read_text())
  assert config["vocab_size"] == 24
  assert found.tensors["cls/predictions/output_bias"].shape == (24,)


def test_output_that_is_there_is_left_alone(erf_folder, tmp_path):
  done = convert(erf_folder, tmp_path, to="google")
  running.assert_plain_error(done, "is there already")
  assert not list(tmp_path.iterdir())


def test_runners_take_other_forms_directly(erf_folder, tmp_path):
  """Given the folder or what it is turned into: the same numbers."""
  formats.write(
    formats.read(str(erf_folder)), "google", str(tmp_path / "google")
  )
  text = tmp_path / "text.txt"
  text.write_text("The cat sat on a mat.\n")
  found = []
  for folder, config in (
    (erf_folder, "config.json"),
    (tmp_path / "google", "bert_config.json"),
  ):
    out = tmp_path / f"{config}.out"
    flags = {
      "input_file": text,
      "output_file": out,
      "init_checkpoint": folder,
      "bert_config_file": folder / config,
      "vocab_file": folder / "vocab.txt",
      "max_seq_length": 9,
      "layers": "-1",
    }
    done = running.run("extract_features", *running.as_flags(flags))
    assert done.returncode == 0, done.stderr
    assert "made with hidden_act" not in done.stderr
    found.append(out.read_text())
  assert found[0] == found[1]
  assert '"token": "cat"' in found[0]

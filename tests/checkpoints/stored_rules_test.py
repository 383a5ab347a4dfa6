"""Rules that lie beside a vocabulary file, and how the forms hold them."""

import json
import subprocess
import sys

import pytest

import bert_tf
from bert_tf.checkpoints import formats, model_tokenizer, stored_rules
from tests.checkpoints import made_up

Rules = bert_tf.TokenizerRules
KEPT = Rules(strip_accents=False, max_input_chars_per_word=100)


def test_nothing_beside(tmp_path):
  path = tmp_path / "vocab.txt"
  assert stored_rules.stated(path) == {}
  assert stored_rules.beside(path, True) == Rules()
  assert stored_rules.beside(path, False) == Rules(False)
  assert stored_rules.beside("vocab.txt", False) == Rules(False)


VOCABULARIES = {
  "google": "vocab.txt",
  "huggingface": "vocab.txt",
  "keras_nlp": "assets/tokenizer/vocabulary.txt",
}


@pytest.mark.parametrize("form", VOCABULARIES)
def test_forms_that_hold_them(form, tmp_path):
  formats.write(made_up.model(rules=KEPT), form, str(tmp_path / form))
  assert formats.read(str(tmp_path / form)).rules == KEPT
  path = str(tmp_path / form / VOCABULARIES[form])
  assert stored_rules.beside(path, True) == KEPT
  with pytest.raises(
    ValueError,
    match=rf"--do_lower_case=False, but the files beside {path} say True; pass "
    "--do_lower_case=True",
  ):
    stored_rules.beside(path, False)
  tokenizer = model_tokenizer.load(made_up.CONFIG, path, True)
  assert tokenizer.rules == KEPT
  assert tokenizer.tokenize("É e") == ["é", "e"]


@pytest.mark.parametrize(
  "form, rules, lost",
  [
    ("keras_nlp", Rules(split_cjk=False), "tokenize_chinese_chars=False"),
    ("model_garden", Rules(split_cjk=False), "tokenize_chinese_chars=False"),
    ("model_garden", Rules(strip_accents=False), "strip_accents=False"),
  ],
)
def test_forms_that_cannot_hold_them(form, rules, lost, tmp_path):
  model = made_up.model(rules=rules)
  with pytest.raises(
    ValueError, match=f"cannot hold 1 things: {lost} of the tokenizer"
  ):
    formats.write(model, form, str(tmp_path / "out"))
  assert not list(tmp_path.iterdir())
  formats.write(model, form, str(tmp_path / "out"), allow_loss=True)
  assert formats.read(str(tmp_path / "out")).rules == Rules()


def test_model_garden(tmp_path):
  rules = Rules(False, max_input_chars_per_word=50)
  folder = tmp_path / "garden"
  formats.write(made_up.model(rules=rules), "model_garden", str(folder))
  found = formats.read(str(folder))
  assert found.rules == rules
  assert found.config == made_up.CONFIG
  path = str(folder / "assets" / "vocab.txt")
  assert stored_rules.beside(path, False) == rules


def test_their_tokenizer_keeps_accents(tmp_path):
  import keras_nlp

  folder = str(tmp_path / "preset")
  formats.write(made_up.model(rules=KEPT), "keras_nlp", folder)
  tokenizer = keras_nlp.models.BertTokenizer.from_preset(folder)
  assert (tokenizer.lowercase, tokenizer.strip_accents) == (True, False)
  ours = bert_tf.FullTokenizer(
    f"{folder}/{VOCABULARIES['keras_nlp']}", rules=KEPT
  )
  assert list(tokenizer("É e")) == ours.encode("É e")


def test_a_preset_with_another_tokenizer(tmp_path):
  folder = tmp_path / "preset"
  formats.write(made_up.model(), "keras_nlp", str(folder))
  path = folder / "tokenizer.json"
  values = json.loads(path.read_text())
  values["config"]["split"] = False
  path.write_text(json.dumps(values))
  with pytest.raises(
    ValueError, match=r"tokenizer\.json: config\.split is False, expected True"
  ):
    formats.read(str(folder))


def test_wrong_values_are_named(tmp_path):
  path = tmp_path / "bert_config.json"
  path.write_text(json.dumps({"do_lower_case": "no"}))
  with pytest.raises(
    ValueError, match=r"bert_config\.json: do_lower_case is 'no', expected true"
  ):
    stored_rules.beside(tmp_path / "vocab.txt", True)


def test_files_that_contradict_each_other(tmp_path):
  formats.write(made_up.model(rules=KEPT), "google", str(tmp_path / "google"))
  (tmp_path / "google" / "tokenizer_config.json").write_text(
    json.dumps({"do_lower_case": True, "strip_accents": True})
  )
  with pytest.raises(
    ValueError, match=r"bert_config\.json contradict each other: strip_accents"
  ):
    stored_rules.beside(tmp_path / "google" / "vocab.txt", True)


def test_no_tensorflow_is_loaded():
  program = (
    "import sys, bert_tf.checkpoints.stored_rules;"
    "sys.exit('tensorflow' in sys.modules)"
  )
  subprocess.run([sys.executable, "-c", program], check=True)

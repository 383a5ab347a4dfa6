"""A tokenizer's own rules go into a SavedModel and come out of it."""

import json
import shutil

import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import formats, stored_rules
from bert_tf.export import export_settings, exporter
from bert_tf.system import files
from tests.models import tiny
from tests.tasks.squad import goldens


def test_accents_and_ideographs_that_are_kept(tmp_path):
  vocab_file = shutil.copy(goldens.VOCAB, tmp_path / "vocab.txt")
  told = {
    "do_lower_case": True,
    "strip_accents": False,
    "tokenize_chinese_chars": False,
  }
  (tmp_path / "tokenizer_config.json").write_text(json.dumps(told))
  folder = exporter.export(
    tiny.CONFIG,
    str(tiny.FOLDER / "bert_model.ckpt"),
    str(vocab_file),
    export_settings.ExportSettings("encoder", max_seq_length=32),
    str(tmp_path / "export"),
  )
  rules = bert_tf.TokenizerRules(strip_accents=False, split_cjk=False)
  assert formats.read(folder).rules == rules
  assert stored_rules.beside(f"{folder}/assets/vocab.txt", True) == rules
  settings = files.read_json(f"{folder}/assets/export.json")
  assert settings.items() >= told.items()
  tokenizer = bert_tf.FullTokenizer(vocab_file, rules=rules)
  texts = ["Thé mill 中文", "mill"]
  serve = tf.saved_model.load(folder).signatures["serving_default"]
  found = serve(text=tf.constant(texts), text_pair=tf.constant(["", ""]))
  for text, ids in zip(texts, found["input_ids"].numpy(), strict=True):
    wanted = ["[CLS]", *tokenizer.tokenize(text), "[SEP]"]
    tokens = tokenizer.convert_ids_to_tokens(ids[: len(wanted)])
    assert tokens == wanted

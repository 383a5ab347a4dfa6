"""Tokenizers of Hugging Face folders: read, refused, written again."""

import dataclasses
import itertools
import json

import pytest
import tokenizers

import bert_tf
from bert_tf.checkpoints import formats, huggingface_tokenizer
from tests.checkpoints import made_up
from tests.text import in_graph_samples

Rules = bert_tf.TokenizerRules


@pytest.fixture
def folder(tmp_path):
  """What transformers writes for an uncased model with accents."""
  write(tmp_path, "tokenizer_config.json", CONFIG)
  write(tmp_path, "tokenizer.json", FAST)
  return tmp_path


def write(folder, name, values):
  (folder / name).write_text(json.dumps(values))


CONFIG = {
  "added_tokens_decoder": {"0": {"content": "[PAD]", "special": True}},
  "clean_up_tokenization_spaces": True,
  "cls_token": "[CLS]",
  "do_basic_tokenize": True,
  "do_lower_case": True,
  "extra_special_tokens": {},
  "mask_token": {"__type": "AddedToken", "content": "[MASK]", "lstrip": True},
  "model_max_length": 512,
  "never_split": None,
  "strip_accents": False,
  "tokenize_chinese_chars": True,
  "tokenizer_class": "BertTokenizer",
  "unk_token": "[UNK]",
}
FAST = {
  "version": "1.0",
  "truncation": {"max_length": 128},
  "padding": {"pad_token": "[PAD]"},
  "added_tokens": [
    {"id": index, "content": token, "special": True}
    for index, token in enumerate(made_up.VOCABULARY[:5])
  ],
  "normalizer": {
    "type": "BertNormalizer",
    "clean_text": True,
    "handle_chinese_chars": True,
    "strip_accents": False,
    "lowercase": True,
  },
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {
    "type": "BertProcessing",
    "sep": ["[SEP]", 3],
    "cls": ["[CLS]", 2],
  },
  "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
  "model": {
    "type": "WordPiece",
    "unk_token": "[UNK]",
    "continuing_subword_prefix": "##",
    "max_input_chars_per_word": 100,
    "vocab": {piece: index for index, piece in enumerate(made_up.VOCABULARY)},
  },
}


def rules_of(folder):
  return Rules(**huggingface_tokenizer.read_rules(str(folder)))


def changed(values, path, value):
  """A copy with one value, named by a path with dots, changed."""
  first, _, rest = path.partition(".")
  other = changed(values.get(first) or {}, rest, value) if rest else value
  return dict(values) | {first: other}


def test_what_transformers_writes(folder):
  vocabulary, stated = huggingface_tokenizer.read(str(folder))
  assert vocabulary == made_up.VOCABULARY
  assert Rules(**stated) == Rules(
    strip_accents=False, max_input_chars_per_word=100
  )


def test_each_file_alone(folder):
  (folder / "tokenizer.json").unlink()
  assert rules_of(folder) == Rules(strip_accents=False)
  write(folder, "tokenizer.json", FAST)
  (folder / "tokenizer_config.json").unlink()
  assert rules_of(folder).strip_accents is False
  (folder / "tokenizer.json").unlink()
  assert huggingface_tokenizer.read(str(folder)) == (None, {})


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("accents", [True, False, None])
@pytest.mark.parametrize("ideographs", [True, False])
def test_every_set_of_rules(folder, lower, accents, ideographs):
  config = CONFIG | {
    "do_lower_case": lower,
    "strip_accents": accents,
    "tokenize_chinese_chars": ideographs,
  }
  normalizer = FAST["normalizer"] | {
    "lowercase": lower,
    "strip_accents": accents,
    "handle_chinese_chars": ideographs,
  }
  write(folder, "tokenizer_config.json", config)
  write(folder, "tokenizer.json", FAST | {"normalizer": normalizer})
  assert rules_of(folder) == Rules(lower, accents, ideographs, 100)


def test_a_sequence_of_one(folder):
  values = FAST | {
    "normalizer": {"type": "Sequence", "normalizers": [FAST["normalizer"]]},
    "pre_tokenizer": {
      "type": "Sequence",
      "pretokenizers": [FAST["pre_tokenizer"]],
    },
  }
  write(folder, "tokenizer.json", values)
  assert rules_of(folder).strip_accents is False


# The file, the key, what is found, and what the message says was expected.
CONFIG_REFUSED = [
  ("do_lower_case", "yes", "is 'yes', expected true or false"),
  ("strip_accents", 1, "is 1, expected true or false"),
  ("do_basic_tokenize", False, "is false, expected true"),
  ("never_split", ["covid"], r'is \["covid"\], expected none but \[PAD\]'),
  ("additional_special_tokens", ["<a>"], r'is \["<a>"\], expected none but'),
  ("extra_special_tokens", {"b": "<b>"}, r'is \["<b>"\], expected none but'),
  ("never_split", True, r"is \[true\], expected none but"),
  (
    "added_tokens_decoder",
    {"9": {"content": "<user>"}},
    r'is \["<user>"\], expected none but',
  ),
  ("unk_token", "<unk>", r'is "<unk>", expected \[UNK\]'),
  ("sep_token", {"content": "</s>"}, r'is "</s>", expected \[SEP\]'),
]


@pytest.mark.parametrize("key, value, message", CONFIG_REFUSED)
def test_what_tokenizer_config_cannot_say(folder, key, value, message):
  write(folder, "tokenizer_config.json", CONFIG | {key: value})
  with pytest.raises(
    ValueError, match=rf"{folder}/tokenizer_config\.json: {key} {message}"
  ):
    rules_of(folder)


def test_another_class(folder):
  """It says nothing beside tokenizer.json, which says everything."""
  write(
    folder,
    "tokenizer_config.json",
    CONFIG | {"tokenizer_class": "BertJapaneseTokenizer"},
  )
  assert rules_of(folder).lower_case
  (folder / "tokenizer.json").unlink()
  with pytest.raises(
    ValueError,
    match='tokenizer_class is "BertJapaneseTokenizer", expected BertTokenizer',
  ):
    rules_of(folder)
  for name in ("BertTokenizerFast", "ElectraTokenizer"):
    write(folder, "tokenizer_config.json", CONFIG | {"tokenizer_class": name})
    assert rules_of(folder).lower_case


NFC = {"type": "NFC"}
FAST_REFUSED = [
  ("model", None, "is null, expected a WordPiece"),
  ("model.type", "BPE", 'is "BPE", expected WordPiece'),
  ("model.unk_token", "<unk>", r'is "<unk>", expected \[UNK\]'),
  ("model.continuing_subword_prefix", "@@", 'is "@@", expected ##'),
  ("model.max_input_chars_per_word", 0, "is 0, expected a whole number above"),
  ("normalizer", None, "is null, expected a BertNormalizer"),
  ("normalizer", NFC, r'is {"type": "NFC"}, expected a BertNormalizer'),
  (
    "normalizer",
    {"type": "Sequence", "normalizers": [NFC, FAST["normalizer"]]},
    'is {"type": "Sequence".* expected a BertNormalizer',
  ),
  ("normalizer.clean_text", False, "is false, expected true"),
  ("normalizer.lowercase", None, "is None, expected true or false"),
  ("pre_tokenizer", None, "is null, expected a BertPreTokenizer"),
  (
    "pre_tokenizer",
    {"type": "Whitespace"},
    'is {"type": "Whitespace"}, expected a BertPreTokenizer',
  ),
  (
    "post_processor",
    {"type": "RobertaProcessing"},
    'is {"type": "RobertaProcessing"}, expected TemplateProcessing',
  ),
  (
    "post_processor",
    {"type": "TemplateProcessing", "single": [], "pair": []},
    None,
  ),
  (
    "added_tokens",
    [{"id": 20, "content": "<user>"}],
    r'is \["<user>"\], expected none but \[PAD\]',
  ),
]


@pytest.mark.parametrize("key, value, message", FAST_REFUSED)
def test_what_tokenizer_json_cannot_say(folder, key, value, message):
  write(folder, "tokenizer.json", changed(FAST, key, value))
  if message is None:
    key, message = r"post_processor\.single", r"is \[\], expected \[{"
  with pytest.raises(
    ValueError, match=rf"{folder}/tokenizer\.json: {key} {message}"
  ):
    rules_of(folder)


def test_tokens_that_were_added(folder):
  write(folder, "added_tokens.json", {"[PAD]": 0})
  assert rules_of(folder).lower_case
  write(folder, "added_tokens.json", {"[PAD]": 0, "<user>": 20})
  with pytest.raises(ValueError, match=r'added_tokens\.json: .*\["<user>"\]'):
    rules_of(folder)


def test_files_that_contradict_each_other(folder):
  write(folder, "tokenizer_config.json", CONFIG | {"strip_accents": None})
  with pytest.raises(
    ValueError,
    match=r"tokenizer_config\.json and .*tokenizer\.json contradict each "
    "other: strip_accents is True in one and False in the other",
  ):
    rules_of(folder)


RULES = {
  "uncased": Rules(),
  "cased": Rules(False),
  "accents kept": Rules(strip_accents=False),
  "accents stripped": Rules(False, True),
  "ideographs kept": Rules(split_cjk=False, max_input_chars_per_word=50),
}


@pytest.mark.parametrize("name", RULES)
def test_written_folders_come_back(name, tmp_path):
  """The same rules, and the same files when they are written again."""
  model = made_up.model(rules=RULES[name])
  formats.write(model, "huggingface", str(tmp_path / "one"))
  found = formats.read(str(tmp_path / "one"))
  assert found.rules == RULES[name]
  formats.write(found, "huggingface", str(tmp_path / "two"))
  for path in (tmp_path / "one").iterdir():
    assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
  formats.write(found, "google", str(tmp_path / "google"))
  assert formats.read(str(tmp_path / "google")).rules == RULES[name]


@pytest.mark.parametrize("name", RULES)
def test_the_package_reads_what_is_written(name, tmp_path):
  """Its ids, with [CLS], [SEP] and segments, are those of this project."""
  folder = str(tmp_path / "hf")
  formats.write(made_up.model(rules=RULES[name]), "huggingface", folder)
  theirs = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
  ours = bert_tf.FullTokenizer(f"{folder}/vocab.txt", rules=RULES[name])
  words = ["The", "cats", "é", "É", "日", "日日", "s", "sat", "e" * 50]
  texts = [
    " ".join(pair) for pair in itertools.product(words, ["e" * 51, "a."])
  ]
  for text in texts:
    encoded = theirs.encode(text, "a mat")
    ids, pair = ours.encode(text), ours.encode("a mat")
    assert encoded.ids == [2, *ids, 3, *pair, 3], text
    assert encoded.type_ids == [0] * (len(ids) + 2) + [1] * (len(pair) + 1)


def test_real_vocabulary(uncased_vocab_file, tmp_path):
  """A folder of a real model, with accents kept, through this project."""
  model = made_up.model(rules=RULES["accents kept"], vocabulary=None)
  with open(uncased_vocab_file, encoding="utf-8") as file:
    pieces = tuple(file.read().splitlines())
  model = dataclasses.replace(model, vocabulary=pieces)
  huggingface_tokenizer.write(model, str(tmp_path))
  theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
  _, stated = huggingface_tokenizer.read(str(tmp_path))
  ours = bert_tf.FullTokenizer(tmp_path / "vocab.txt", rules=Rules(**stated))
  texts = [text for text in in_graph_samples.strings(600, 3) if text.isascii()]
  texts += ["Größe, crème brûlée: ΑΣ 東京", "한국어 ﬁ ½"]
  assert len(texts) > 50
  for text in texts:
    found = theirs.encode(text, add_special_tokens=False).ids
    assert found == ours.encode(text), text

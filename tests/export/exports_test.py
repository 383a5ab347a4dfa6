"""Every kind of export answers as the original, or the library, does.

The SavedModels are asked in a fresh process that has only TensorFlow.
"""

import gzip
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import google, names
from bert_tf.export import saved_model
from bert_tf.export import settings as settings_lib
from bert_tf.models import classifier, token_classifier
from bert_tf.tasks.classification import reading, table
from bert_tf.tasks.squad import reading as squad_reading
from bert_tf.tasks.tagging import predicting
from bert_tf.text import lines
from tests.tasks.squad import goldens

TESTDATA = goldens.TESTDATA
TINY = str(TESTDATA / "tiny" / "bert_model.ckpt")
MRPC = TESTDATA / "classifier" / "mrpc"
LABELS = ("O", "B-place", "I-place")
ODD = [
  b"",
  b"\0",
  b"a\0b \x01\x02",
  b"\xff\xfe broken \xc3",
  "שלום עולם, مرحبا".encode(),
  "🙂👩‍👩‍👧 ok".encode(),
  b"[MASK]" * 3,
  b"word " * 10_000,
  b"x" * 5000,
  "\u202e\u0301\u2028\ufeff".encode(),
]


def _config():
  return bert_tf.BertConfig.from_json_file(goldens.CONFIG)


def _with_head(folder, model, seed):
  """A checkpoint of the tiny encoder and a made-up head."""
  google.load(model.bert.variables, TINY)
  random = np.random.default_rng(seed)
  for variable in model.head.variables:
    variable.assign(random.normal(size=variable.shape))
  prefix = str(folder / "model.ckpt-1")
  google.save(names.by_name(model.variables), prefix)
  return prefix


class _Exports:
  """Exports made when first asked for."""

  def __init__(self, folder):
    self.folder = folder
    self.paths = {}

  def make(self, name, checkpoint, **settings):
    if name not in self.paths:
      known = {"max_seq_length": 48} | settings
      self.paths[name] = saved_model.export(
        _config(),
        str(checkpoint),
        goldens.VOCAB,
        settings_lib.ExportSettings(name, **known),
        str(self.folder / name),
      )
    return self.paths[name]

  def head(self, name, model, **settings):
    folder = self.folder / f"{name}_checkpoint"
    return self.make(name, _with_head(folder, model, len(name)), **settings)

  def all(self):
    """Every kind once."""
    config = _config()
    self.make("encoder", TINY, max_seq_length=32)
    self.make("sentence", TINY, normalize=True)
    self.make("classifier", MRPC / "model.ckpt-40", labels=("0", "1"))
    self.head("multilabel", classifier.BertClassifier(config, 3), labels=LABELS)
    self.head("regressor", classifier.BertClassifier(config, 1))
    self.head(
      "tagger", token_classifier.BertTokenClassifier(config, 3), labels=LABELS
    )
    self.make("masked_lm", TINY)
    self.make("pretrainer", TINY)
    self.make(
      "span",
      goldens.CHECKPOINTS["v2"],
      max_seq_length=64,
      doc_stride=24,
      max_query_length=20,
      version_2_with_negative=True,
      null_score_diff_threshold=-0.0617,
      pad_windows=True,
    )
    return self.paths


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
  return _Exports(tmp_path_factory.mktemp("exports")).all()


def ask(questions, folder):
  """What a fresh process answers to (path, signature, inputs)."""
  done = subprocess.run(
    [
      sys.executable,
      "-I",
      str(pathlib.Path(__file__).with_name("fresh.py")),
    ],
    input=json.dumps(questions),
    capture_output=True,
    text=True,
    cwd=folder,
    timeout=300,
    check=False,
  )
  assert done.returncode == 0, done.stderr[-3000:]
  return json.loads(done.stdout)


def _latin(text):
  data = text if isinstance(text, bytes) else text.encode()
  return data.decode("latin-1")


def _unlatin(value):
  if isinstance(value, list):
    return [_unlatin(x) for x in value]
  return value.encode("latin-1").decode()


def _texts(first, second=None):
  given = {"text": [_latin(x) for x in first]}
  return given | ({"text_pair": [_latin(x) for x in second]} if second else {})


@pytest.fixture(scope="module")
def questions():
  """What is asked of each export, by name."""
  mrpc = reading.read(
    table.find("mrpc"), table.find("mrpc").test, str(MRPC / "data")
  ).examples
  squad = squad_reading.read_for_prediction(goldens.SQUAD / "v2.json")
  parsed = lines.read(TESTDATA / "extract_features" / "input.txt")
  pairs = (
    [x.text_a for x in parsed],
    [x.text_b or "" for x in parsed],
  )
  batch = np.load(TESTDATA / "tiny" / "modeling.npz")
  ids = {
    key.removeprefix("in/"): batch[key].tolist()
    for key in batch
    if key.startswith("in/")
  }
  wanted = ("input_ids", "input_mask", "segment_ids", "masked_lm_positions")
  return {
    "classifier": _texts([x.text for x in mrpc], [x.pair for x in mrpc]),
    "span": _texts(
      [x.question for x in squad], [x.context.text for x in squad]
    ),
    "encoder": _texts(*pairs),
    "sentence": _texts(*pairs),
    "multilabel": _texts(*pairs),
    "regressor": _texts(*pairs),
    "tagger": _texts([*pairs[0], "the mill " * 60, ""]),
    "pretrainer ids": {name: ids[name] for name in wanted},
  }


@pytest.fixture(scope="module")
def answers(exports, questions, tmp_path_factory):
  """What a fresh process answers, by name."""
  asked = []
  for name, inputs in questions.items():
    kind, _, signature = name.partition(" ")
    asked.append([exports[kind], signature or "serving_default", inputs])
  for path in exports.values():
    given = tf.saved_model.load(path).signatures["serving_default"]
    pair = "text_pair" in given.structured_input_signature[1]
    inputs = _texts(ODD, list(reversed(ODD)) if pair else None)
    asked.append([path, "serving_default", inputs])
  found = ask(asked, tmp_path_factory.mktemp("fresh"))
  odd = dict(zip(exports, found[len(questions) :], strict=True))
  return dict(zip(questions, found, strict=False)) | {"odd": odd}


def test_classifier_is_the_original(answers):
  golden = np.loadtxt(MRPC / "test_results.tsv")
  found = answers["classifier"]
  np.testing.assert_allclose(found["probabilities"], golden, rtol=0, atol=1e-5)
  assert found["label"] == [str(x) for x in np.argmax(golden, axis=1)]


def test_answers_are_the_original_s(answers):
  examples = squad_reading.read_for_prediction(goldens.SQUAD / "v2.json")
  want = json.loads(goldens.text_of("v2/predictions.json"))
  odds = json.loads(goldens.text_of("v2/null_odds.json"))
  found = answers["span"]
  assert _unlatin(found["answer"]) == [want[x.id] for x in examples]
  np.testing.assert_allclose(
    found["null_odds"], [odds[x.id] for x in examples], rtol=0, atol=1e-4
  )


def test_encoder_is_the_original(answers):
  path = TESTDATA / "extract_features" / "output.jsonl.gz"
  rows = [
    json.loads(x) for x in gzip.decompress(path.read_bytes()).splitlines()
  ]
  found = answers["encoder"]
  for index, row in enumerate(rows):
    values = [token["layers"][0]["values"] for token in row["features"]]
    count = int(np.sum(found["input_mask"][index]))
    assert count == len(values)
    np.testing.assert_allclose(
      found["sequence_output"][index][:count], values, rtol=0, atol=5e-5
    )


def test_sentence_vectors_are_means_of_length_one(answers):
  output = answers["encoder"]
  mask = np.array(output["input_mask"])[:, :, None]
  sums = (np.array(output["sequence_output"]) * mask).sum(axis=1)
  means = sums / mask.sum(axis=1)
  want = means / np.linalg.norm(means, axis=1, keepdims=True)
  short = mask.sum(axis=1)[:, 0] < 32  # not cut by the encoder's export
  assert short.sum() > 3
  found = np.array(answers["sentence"]["vector"])
  np.testing.assert_allclose(found[short], want[short], rtol=0, atol=1e-5)


def _predicted(exports, questions, name, outputs, activation):
  model = classifier.BertClassifier.from_checkpoint(
    pathlib.Path(exports[name]).parent.parent / f"{name}_checkpoint",
    outputs=outputs,
    config=_config(),
  )
  tokenizer = bert_tf.FullTokenizer(goldens.VOCAB)
  given = questions[name]
  texts = zip(
    _unlatin(given["text"]), _unlatin(given["text_pair"]), strict=True
  )
  return model.predict_text(list(texts), tokenizer, activation, 48)


def test_multilabel(exports, questions, answers):
  want = _predicted(exports, questions, "multilabel", 3, "sigmoid")
  found = answers["multilabel"]
  np.testing.assert_allclose(found["probabilities"], want, rtol=0, atol=1e-5)
  assert found["label"] == [
    ",".join(np.array(LABELS)[row > 0.5].tolist()) for row in want
  ]
  assert any("," in label for label in found["label"])


def test_regressor(exports, questions, answers):
  want = _predicted(exports, questions, "regressor", 1, "linear")
  found = answers["regressor"]["value"]
  np.testing.assert_allclose(found, want[:, 0], rtol=0, atol=1e-5)


def test_tagger(exports, questions, answers):
  model = token_classifier.BertTokenClassifier.from_checkpoint(
    pathlib.Path(exports["tagger"]).parent.parent / "tagger_checkpoint",
    config=_config(),
  )
  want = predicting.tag(
    model,
    _unlatin(questions["tagger"]["text"]),
    bert_tf.FullTokenizer(goldens.VOCAB),
    LABELS,
    48,
  )
  found = answers["tagger"]
  assert {tag for row in want for _, tag in row} == set(LABELS)
  for row, words in enumerate(want):
    both = zip(
      _unlatin(found["words"][row]), _unlatin(found["tags"][row]), strict=True
    )
    assert [pair for pair in both if pair != ("", "")] == words


def test_pretrainer_is_the_original(answers):
  golden = np.load(TESTDATA / "tiny" / "modeling.npz")
  found = answers["pretrainer ids"]
  for name, key in (
    ("masked_lm_logits", "out/mlm_log_probs"),
    ("next_sentence_logits", "out/nsp_log_probs"),
  ):
    logits = tf.constant(np.reshape(found[name], golden[key].shape))
    have = tf.nn.log_softmax(logits)
    np.testing.assert_allclose(have, golden[key], rtol=0, atol=1e-5)


def test_odd_inputs_are_answered(answers):
  for name, outputs in answers["odd"].items():
    for key, value in outputs.items():
      assert len(value) == len(ODD), (name, key)
      array = np.array(value)
      if array.dtype.kind == "f":
        assert np.isfinite(array).all(), (name, key)


def test_what_travels_inside(exports):
  for name, path in exports.items():
    told = saved_model.read_settings(path)
    assert told["model_type"] == name
    assets = pathlib.Path(path) / "assets"
    assert (assets / "vocab.txt").read_bytes() == pathlib.Path(
      goldens.VOCAB
    ).read_bytes()
    inside = bert_tf.BertConfig.from_json_file(assets / "bert_config.json")
    assert inside == _config()
  assert saved_model.read_settings(exports["tagger"])["labels"] == list(LABELS)


def test_span_without_padding(exports):
  """It is then what the library answers without padding; see checking."""
  path = saved_model.export(
    _config(),
    goldens.CHECKPOINTS["v1"],
    goldens.VOCAB,
    settings_lib.ExportSettings(
      "span", max_seq_length=64, doc_stride=24, max_query_length=20
    ),
    str(pathlib.Path(exports["span"]).parent),
  )
  assert path.endswith("2")  # beside the first version

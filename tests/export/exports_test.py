"""Every kind of export answers as the original, or the library, does.

SavedModels of all kinds are asked in one fresh process that has only
TensorFlow. One kind for each way that texts take goes through the whole export.
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
from bert_tf.checkpoints import loader, saver, variable_names
from bert_tf.export import export_check, export_settings, exporter, model_types
from bert_tf.models import classifier, pretrainer, token_classifier
from bert_tf.system import files
from bert_tf.tasks.classification import known_tasks
from bert_tf.tasks.classification import predictor as classification_predictor
from bert_tf.tasks.classification import reader as classification_reader
from bert_tf.tasks.masked_lm import predictor as masked_lm_predictor
from bert_tf.tasks.squad import reader as squad_reader
from bert_tf.tasks.tagging import predictor as tagging_predictor
from bert_tf.text import text_lines
from tests.models import tiny
from tests.tasks.squad import goldens

TESTDATA = goldens.TESTDATA
TINY = str(tiny.FOLDER / "bert_model.ckpt")
MRPC = TESTDATA / "classifier" / "mrpc"
LABELS = ("O", "B-place", "I-place")
SPAN = {"max_seq_length": 64, "doc_stride": 24, "max_query_length": 20}
MASKED = (
  ("The [MASK] sat on the [MASK].", "It was old."),
  ("Who went to the mill?", "[MASK] did."),
)
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


def _settings(name, **changes):
  return export_settings.ExportSettings(
    name, **{"max_seq_length": 48} | changes
  )


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
  """Checkpoints of the tiny encoder and made-up heads, by kind."""
  models = {
    "multilabel": classifier.BertClassifier(tiny.CONFIG, 3),
    "regressor": classifier.BertClassifier(tiny.CONFIG, 1),
    "tagger": token_classifier.BertTokenClassifier(tiny.CONFIG, 3),
  }
  found = {}
  for name, model in models.items():
    loader.load(model.bert.variables, TINY)
    random = np.random.default_rng(len(name))
    for variable in model.head.variables:
      variable.assign(random.normal(size=variable.shape))
    found[name] = str(tmp_path_factory.mktemp(name) / "model.ckpt-1")
    saver.save(variable_names.by_name(model.variables), found[name])
  return found


@pytest.fixture(scope="module")
def exports(heads, tmp_path_factory):
  """SavedModels, versions of one folder, by kind."""
  folder = str(tmp_path_factory.mktemp("exports"))
  made = (
    (TINY, _settings("encoder", max_seq_length=32)),
    (
      str(MRPC / "model.ckpt-40"),
      _settings("classifier", labels=("0", "1")),
    ),
    (heads["tagger"], _settings("tagger", labels=LABELS)),
    (TINY, _settings("pretrainer")),
    (
      goldens.CHECKPOINTS["v2"],
      _settings(
        "span",
        version_2_with_negative=True,
        null_score_diff_threshold=-0.0617,
        pad_windows=True,
        **SPAN,
      ),
    ),
  )
  found = {
    settings.model_type: exporter.export(
      tiny.CONFIG, checkpoint, goldens.VOCAB, settings, folder
    )
    for checkpoint, settings in made
  }
  versions = [pathlib.Path(path).name for path in found.values()]
  assert versions == ["1", "2", "3", "4", "5"]
  assert files.names_in(folder) == versions
  return found


def _make(name, checkpoint, **changes):
  module, _ = exporter.make(
    tiny.CONFIG, checkpoint, goldens.VOCAB, _settings(name, **changes)
  )
  return module


@pytest.fixture(scope="module")
def written(exports, heads, tmp_path_factory):
  """SavedModels of all kinds, the others written without being checked."""
  folder = tmp_path_factory.mktemp("written")
  (folder / "assets").mkdir()
  found = dict(exports)
  for module in (
    _make("sentence", TINY, normalize=True),
    _make("multilabel", heads["multilabel"], labels=LABELS),
    _make("regressor", heads["regressor"]),
    _make("masked_lm", TINY),
  ):
    name = module.settings.model_type
    found[name] = str(folder / name)
    exporter.write(module, str(folder / "assets"), found[name])
  return found


def test_there_is_no_other_kind(written):
  assert set(written) == set(model_types.KINDS)


def ask(questions, folder):
  """What a fresh process answers to (path, signature, inputs)."""
  program = str(pathlib.Path(__file__).with_name("fresh.py"))
  done = subprocess.run(
    [sys.executable, "-I", program],
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
  mrpc = classification_reader.read(
    known_tasks.find("mrpc"), known_tasks.find("mrpc").test, str(MRPC / "data")
  ).examples
  squad = squad_reader.read_for_prediction(goldens.SQUAD / "v2.json")
  parsed = text_lines.read(TESTDATA / "extract_features" / "input.txt")
  pairs = [x.text_a for x in parsed], [x.text_b or "" for x in parsed]
  batch = tiny.batch()
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
    "masked_lm": _texts(*zip(*MASKED, strict=True)),
    "pretrainer ids": {name: batch[name].numpy().tolist() for name in wanted},
  }


def _odd(name):
  """Odd texts, and others beside them where the kind takes pairs."""
  pair = "text_pair" in model_types.KINDS[name].served.text_inputs
  return [ODD, ODD[::-1]] if pair else [ODD]


@pytest.fixture(scope="module")
def answers(written, questions, tmp_path_factory):
  """What a fresh process answers, by name."""
  asked = []
  for name, inputs in questions.items():
    kind, _, signature = name.partition(" ")
    asked.append([written[kind], signature or "serving_default", inputs])
  for name, path in written.items():
    asked.append([path, "serving_default", _texts(*_odd(name))])
  told = iter(ask(asked, tmp_path_factory.mktemp("fresh")))
  found = {name: next(told) for name in questions}
  return found | {"odd": dict(zip(written, told, strict=True))}


def test_classifier_is_the_original(answers):
  golden = np.loadtxt(MRPC / "test_results.tsv")
  found = answers["classifier"]
  np.testing.assert_allclose(found["probabilities"], golden, rtol=0, atol=1e-5)
  assert found["label"] == [str(x) for x in np.argmax(golden, axis=1)]


def test_answers_are_the_original_s(answers):
  examples = squad_reader.read_for_prediction(goldens.SQUAD / "v2.json")
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


def _predicted(heads, questions, name, kind):
  model = classifier.BertClassifier.from_checkpoint(
    heads[name], config=tiny.CONFIG
  )
  given = questions[name]
  texts = zip(*map(_unlatin, given.values()), strict=True)
  classify = classification_predictor.TextClassifier(
    model, bert_tf.FullTokenizer(goldens.VOCAB), (), kind, 48
  )
  return np.array([list(one.scores.values()) for one in classify(texts)])


def test_multilabel(heads, questions, answers):
  want = _predicted(heads, questions, "multilabel", "multi_label")
  found = answers["multilabel"]
  np.testing.assert_allclose(found["probabilities"], want, rtol=0, atol=1e-5)
  assert _unlatin(found["label"]) == [
    ",".join(np.array(LABELS)[row > 0.5].tolist()) for row in want
  ]
  assert any("," in label for label in found["label"])


def test_regressor(heads, questions, answers):
  want = _predicted(heads, questions, "regressor", "regression")
  found = answers["regressor"]["value"]
  np.testing.assert_allclose(found, want[:, 0], rtol=0, atol=1e-5)


def test_tagger(heads, questions, answers):
  model = token_classifier.BertTokenClassifier.from_checkpoint(
    heads["tagger"], config=tiny.CONFIG
  )
  tagger = tagging_predictor.WordTagger(
    model, bert_tf.FullTokenizer(goldens.VOCAB), LABELS, 48
  )
  want = tagger(_unlatin(questions["tagger"]["text"]))
  found = answers["tagger"]
  assert {tag for one in want for tag in one.labels} == set(LABELS)
  for row, one in enumerate(want):
    both = zip(
      _unlatin(found["words"][row]), _unlatin(found["tags"][row]), strict=True
    )
    wanted = list(zip(one.words, one.labels, strict=True))
    assert [pair for pair in both if pair != ("", "")] == wanted


def test_masked_lm(answers):
  model = pretrainer.BertPretrainer.from_checkpoint(TINY)
  filler = masked_lm_predictor.MaskFiller(
    model, bert_tf.FullTokenizer(goldens.VOCAB), 5, 48
  )
  found = answers["masked_lm"]
  want = [one.masks for one in filler(MASKED)]
  assert [len(row) for row in want] == [2, 1]
  for row, masks in enumerate(want):
    for place, guesses in enumerate(masks):
      tokens = _unlatin(found["tokens"][row][place])
      assert tokens == [guess.token for guess in guesses]
      np.testing.assert_allclose(
        found["probabilities"][row][place],
        [guess.probability for guess in guesses],
        rtol=0,
        atol=1e-5,
      )


def test_pretrainer_is_the_original(answers):
  golden = tiny.golden()
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
      if key not in ("answer", "label", "tags", "tokens", "words"):
        assert np.isfinite(value).all(), (name, key)


def test_what_travels_inside(exports):
  for name, path in exports.items():
    assets = pathlib.Path(path) / "assets"
    told = files.read_json(str(assets / "export.json"))
    assert told["model_type"] == name
    assert (assets / "vocab.txt").read_bytes() == pathlib.Path(
      goldens.VOCAB
    ).read_bytes()
    inside = bert_tf.BertConfig.from_json_file(assets / "bert_config.json")
    assert inside == tiny.CONFIG
    assert told["labels"] == {
      "tagger": list(LABELS), "classifier": ["0", "1"]
    }.get(name, [])  # fmt: skip


@pytest.mark.parametrize(
  "name, checkpoint, changes",
  [
    ("span", goldens.CHECKPOINTS["v1"], SPAN),  # without padding
    (
      "span",
      goldens.CHECKPOINTS["v1"],
      SPAN | {"answer_alignment": "offsets"},
    ),
    ("masked_lm", TINY, {"max_seq_length": 8}),  # shorter than the samples
  ],
)
def test_settings_that_fit_what_is_checked(name, checkpoint, changes):
  """Graphs of the signatures answer as the library does."""
  module, reference = exporter.make(
    tiny.CONFIG, checkpoint, goldens.VOCAB, _settings(name, **changes)
  )
  signatures = {
    name: function.get_concrete_function()
    for name, function in module.signatures().items()
  }
  export_check.check(signatures, module, reference)


def test_texts_without_words(heads):
  nothing = tf.constant(["", " \t"])
  module = _make("span", goldens.CHECKPOINTS["v1"], **SPAN)
  answers = module.from_text(tf.constant(["Why?", ""]), nothing)
  assert answers["start"].numpy().tolist() == [-1, -1]
  module = _make("tagger", heads["tagger"], labels=LABELS)
  tagged = module.from_text(nothing)
  assert [value.shape for value in tagged.values()] == [(2, 0)] * 3

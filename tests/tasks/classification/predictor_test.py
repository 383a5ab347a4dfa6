"""Texts classified, as a library does it."""

import json

import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import saver, variable_names
from bert_tf.models import classifier
from bert_tf.tasks.classification import predictor, task_definition
from tests.tasks.classification import classifying

TINY = classifying.TESTDATA / "tiny"
VOCAB = classifying.TESTDATA / "vocab.txt"
CONFIG = bert_tf.BertConfig.from_json_file(TINY / "bert_config.json")
SINGLE, MULTI, REGRESSION = task_definition.KINDS


@pytest.fixture(scope="module")
def tokenizer():
  return bert_tf.FullTokenizer(VOCAB)


def model_of(task):
  return classifier.BertClassifier.from_checkpoint(
    classifying.GOLDENS / task, config=CONFIG
  )


def rows_of(answers):
  return [list(one.scores.values()) for one in answers]


def test_predicts_pairs_as_the_original_did(tokenizer):
  folder = classifying.GOLDENS / "mrpc"
  lines = (folder / "data" / "test.tsv").read_text().splitlines()[1:]
  pairs = [tuple(line.split("\t")[3:5]) for line in lines]
  golden = np.loadtxt(folder / "test_results.tsv")
  model = model_of("mrpc")
  for arguments in ({}, {"batch_size": 7}):
    classify = predictor.TextClassifier(
      model, tokenizer, ("no", "yes"), max_seq_length=48, **arguments
    )
    found = classify(pairs)
    np.testing.assert_allclose(rows_of(found), golden, rtol=0, atol=1e-5)
    assert {tuple(one.scores) for one in found} == {("no", "yes")}
    assert [one.labels for one in found] == [
      (("no", "yes")[row.argmax()],) for row in golden
    ]


def test_texts_of_any_length(tokenizer):
  classify = predictor.TextClassifier(model_of("cola"), tokenizer)
  found = classify(["", "it " * 500, ("it", "was"), ("it", None)])
  assert np.shape(rows_of(found)) == (4, 2)
  assert {one.labels for one in found} <= {("0",), ("1",)}
  assert classify([]) == []
  with pytest.raises(TypeError, match="give a list"):
    classify("one text")


def test_kinds(tokenizer):
  """Sigmoid and above a half; the number itself."""
  model = model_of("cola")
  texts = ["the heron", "it was " * 9, "a lamp"]
  single = predictor.TextClassifier(model, tokenizer, ("a", "b"))
  multi = predictor.TextClassifier(model, tokenizer, ("a", "b"), MULTI)
  for one, several in zip(single(texts), multi(texts), strict=True):
    odds = np.log(list(one.scores.values()))
    p = np.array(list(several.scores.values()))
    logits = np.log(p / (1 - p))
    np.testing.assert_allclose(np.diff(odds), np.diff(logits), atol=1e-4)
    assert several.labels == tuple(
      name for name, value in several.scores.items() if value > 0.5
    )
  tall = classifier.BertClassifier(CONFIG, 1)
  tall.head.output_bias.assign([2.5])
  (found,) = predictor.TextClassifier(tall, tokenizer, (), REGRESSION)(["it"])
  assert found.labels == () and list(found.scores) == ["score"]
  with pytest.raises(ValueError, match=r"found 1 labels .*expected 2"):
    predictor.TextClassifier(model, tokenizer, (), REGRESSION)
  with pytest.raises(ValueError, match=r"found 3 labels .*expected 2"):
    predictor.TextClassifier(model, tokenizer, ("a", "b", "c"))
  with pytest.raises(ValueError, match="task_type='x' is not known"):
    predictor.TextClassifier(model, tokenizer, (), "x")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  """A folder of run_classifier."""
  folder = tmp_path_factory.mktemp("trained") / "out"
  classifying.put_golden_checkpoint("mrpc", folder)
  classifying.classify(folder, "mrpc", do_predict=True)
  return folder


def test_a_folder_of_the_runner_tells_kind_and_labels(trained):
  classify = predictor.TextClassifier.from_checkpoint(
    trained, config=CONFIG, vocab_file=VOCAB, max_seq_length=48
  )
  assert classify.kind == SINGLE and classify.output_names == ("0", "1")
  lines = (classifying.GOLDENS / "mrpc" / "data" / "test.tsv").read_text()
  pairs = [tuple(x.split("\t")[3:5]) for x in lines.splitlines()[1:]]
  written = classifying.numbers(trained / "test_results.tsv")
  np.testing.assert_allclose(rows_of(classify(pairs)), written, atol=1e-6)


def test_what_a_run_says_counts_more_than_its_configuration(trained):
  """That may come from another task's model, which training went on from."""
  other = {"do_lower_case": True, "labels": ["x", "y"], "labels_of": "sequence"}
  config = bert_tf.BertConfig.from_dict(CONFIG.to_dict() | other)
  classify = predictor.TextClassifier.from_checkpoint(
    trained, config=config, vocab_file=VOCAB
  )
  assert classify.output_names == ("0", "1")


def put_model(folder, **notes):
  """A checkpoint with all beside it; `notes` are of the configuration."""
  model = classifier.BertClassifier(CONFIG, 2)
  values = variable_names.by_name(model.variables)
  saver.save(values, str(folder / "bert_model.ckpt"))
  config = json.dumps(CONFIG.to_dict() | notes)
  (folder / "bert_config.json").write_text(config)
  (folder / "vocab.txt").write_bytes(VOCAB.read_bytes())


def test_a_folder_that_holds_everything(tmp_path):
  put_model(tmp_path, labels=["no", "yes"], do_lower_case=False)
  with pytest.raises(ValueError, match="does not tell what kind of classifier"):
    predictor.TextClassifier.from_checkpoint(tmp_path)
  classify = predictor.TextClassifier.from_checkpoint(tmp_path, kind=MULTI)
  assert classify.kind == MULTI and classify.output_names == ("no", "yes")
  assert not classify.tokenizer.do_lower_case
  classify = predictor.TextClassifier.from_checkpoint(
    tmp_path, kind=SINGLE, labels=("a", "b"), do_lower_case=False
  )
  assert classify.output_names == ("a", "b")
  with pytest.raises(ValueError, match="do_lower_case=True, but the files"):
    predictor.TextClassifier.from_checkpoint(
      tmp_path, kind=SINGLE, do_lower_case=True
    )


def test_the_vocabulary_tells_the_case(tmp_path):
  put_model(tmp_path)
  text = (tmp_path / "vocab.txt").read_text("utf-8")
  for added, expected in (("", True), ("Zoo\n", False)):
    lines = text.splitlines()[: -1 if added else None]
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(lines) + "\n" + added, "utf-8")
    found = predictor.TextClassifier.from_checkpoint(tmp_path, kind=SINGLE)
    assert found.tokenizer.do_lower_case == expected


def test_checkpoints_of_other_tasks(tmp_path):
  put_model(tmp_path, labels=["O", "B-x"], labels_of="token")
  with pytest.raises(ValueError, match="labels are of each token, expected"):
    predictor.TextClassifier.from_checkpoint(tmp_path, kind=SINGLE)
  with pytest.raises(ValueError, match="no variable output_weights: it was no"):
    predictor.TextClassifier.from_checkpoint(
      TINY, vocab_file=VOCAB, kind=SINGLE
    )
  with pytest.raises(FileNotFoundError, match=r"no bert_config\.json beside"):
    predictor.TextClassifier.from_checkpoint(classifying.GOLDENS / "mrpc")

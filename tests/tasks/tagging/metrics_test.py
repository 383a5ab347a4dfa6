import pytest

from bert_tf.tasks.tagging import label_schemes, metrics, tag_labels

KNOWN = label_schemes.find(("O", "B-x", "I-x", "B-y", "I-y"))


def test_entities_count_whole():
  given = [["B-x", "I-x", "O", "B-y"], ["B-x", "O"]]
  found = [["B-x", "O", "O", "B-y"], ["B-x", "B-x"]]
  scores = metrics.score(given, found, KNOWN)
  # Right: y, and the x of the second sentence. Found: x, y, x, x.
  assert scores == {
    "eval_accuracy": pytest.approx(4 / 6),
    "eval_precision": 0.5,
    "eval_recall": pytest.approx(2 / 3),
    "eval_f1": pytest.approx(4 / 7),
    "eval_precision_x": pytest.approx(1 / 3),
    "eval_recall_x": 0.5,
    "eval_f1_x": pytest.approx(0.4),
    "eval_precision_y": 1.0,
    "eval_recall_y": 1.0,
    "eval_f1_y": 1.0,
  }


def test_right_answers_score_one_and_altered_ones_less():
  given = [["B-x", "I-x", "O"], ["B-y", "O", "B-x"], ["O", "B-y", "I-y"]]
  assert set(metrics.score(given, given, KNOWN).values()) == {1.0}
  shorter = [["B-x", "O", "O"], *given[1:]]
  scores = metrics.score(given, shorter, KNOWN)
  assert scores["eval_f1"] == 0.75
  assert scores["eval_f1_y"] == 1.0
  assert scores["eval_accuracy"] == pytest.approx(8 / 9)


def test_no_entity_at_all():
  scores = metrics.score([["O", "O"]], [["O", "O"]], KNOWN)
  assert scores == {
    "eval_accuracy": 1.0,
    "eval_precision": 0.0,
    "eval_recall": 0.0,
    "eval_f1": 0.0,
  }


def test_other_labels_have_no_entities():
  scores = metrics.score(
    [["NN", "VB"]], [["NN", "NN"]], label_schemes.find(("NN", "VB"))
  )
  assert scores == {"eval_accuracy": 0.5}


def test_as_many_predictions_as_words():
  with pytest.raises(ValueError):
    metrics.score([["O", "O"]], [["O"]], KNOWN)


def test_order_of_labels():
  assert tag_labels.order(["I-a", "O", "B-a", "O", "A"]) == (
    "O",
    "A",
    "B-a",
    "I-a",
  )
  assert tag_labels.order(["b", "a"]) == ("a", "b")


def test_labels_given(tmp_path):
  assert tag_labels.parse("b, a,O") == ("b", "a", "O")
  tag_labels.write(str(tmp_path), ("O", "B-x"))
  assert (tmp_path / tag_labels.FILE).read_text() == "O\nB-x\n"
  assert tag_labels.parse(str(tmp_path / tag_labels.FILE)) == ("O", "B-x")
  with pytest.raises(ValueError, match="labels=a,b,a: the label 'a' comes twi"):
    tag_labels.parse("a,b,a")
  with pytest.raises(ValueError, match="labels=a: found 1 labels, expected tw"):
    tag_labels.parse("a")
  path = tmp_path / "own.txt"
  path.write_bytes(b"\xef\xbb\xbfO\r\nB-x\r\n")
  assert tag_labels.parse(str(path)) == ("O", "B-x")
  path.write_bytes(b"O\nB-\xff\n")
  with pytest.raises(
    ValueError, match=r"own\.txt, line 2: found the byte 0xff"
  ):
    tag_labels.parse(str(path))

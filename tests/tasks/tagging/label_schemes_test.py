"""How labels mark entities: every scheme scores the same entities."""

import pytest

from bert_tf.tasks.tagging import label_schemes, metrics

# Two neighbours of one type, one word, and three words.
BIO2 = "B-PER I-PER B-PER O B-LOC O B-ORG I-ORG I-ORG"
SAME = {
  "BIO2": BIO2,
  "BIO1": "I-PER I-PER B-PER O I-LOC O I-ORG I-ORG I-ORG",
  "BIOES": "B-PER E-PER S-PER O S-LOC O B-ORG I-ORG E-ORG",
  "BILOU": "B-PER L-PER U-PER O U-LOC O B-ORG I-ORG L-ORG",
  "BMEWO": "B-PER E-PER W-PER O W-LOC O B-ORG M-ORG E-ORG",
  "suffix": "PER-B PER-I PER-B O LOC-B O ORG-B ORG-I ORG-I",
  "underscore": BIO2.replace("-", "_"),
  "suffix_underscore": "PER_B PER_I PER_B - LOC_B - ORG_B ORG_I ORG_I",
  "bare I": "B_PER I B_PER O B_LOC O B_ORG I I",
}
NAMES = {"BMEWO": "BIOES"}


def find(*sentences, wanted="auto"):
  labels = sorted({label for row in sentences for label in row})
  return label_schemes.find(labels, sentences, wanted)


@pytest.mark.parametrize("name", SAME)
def test_entities_are_the_same(name):
  labels = SAME[name].split()
  scheme = find(labels)
  expected = name if name in label_schemes.SCHEMES else NAMES.get(name, "BIO2")
  assert scheme.name == expected
  outside = labels[3]
  # The last entity is not found; all others are.
  predicted = [*labels[:6], outside, outside, outside]
  scores = metrics.score([labels], [predicted], scheme)
  assert scores == {
    "eval_accuracy": pytest.approx(6 / 9),
    "eval_precision": 1.0,
    "eval_recall": 0.75,
    "eval_f1": pytest.approx(6 / 7),
    **{f"eval_{x}_PER": 1.0 for x in ("precision", "recall", "f1")},
    **{f"eval_{x}_LOC": 1.0 for x in ("precision", "recall", "f1")},
    **{f"eval_{x}_ORG": 0.0 for x in ("precision", "recall", "f1")},
  }


def test_neighbours_of_one_type_are_two():
  for text in SAME.values():
    labels = text.split()
    scheme = find(labels)
    joined = [labels[0], *labels[:2], *labels[3:]]
    scores = metrics.score([labels], [joined], scheme)
    assert scores["eval_f1_PER"] < 1.0


def test_bio1_is_told_from_bio2(caplog):
  assert find(["I-A", "O", "I-A", "B-A"]).name == "BIO1"
  assert find(["B-A", "I-A", "B-A"], ["B-B"]).name == "BIO2"
  assert not caplog.records
  assert find(["I-A", "O", "B-A"]).name == "BIO2"
  assert (
    "labels are not all of BIO2: 1 entities begin with I and 1 with B"
    in caplog.text
  )


def test_positions_without_types():
  scheme = find(["B", "I", "O"])
  assert scheme.of_sentence(["B", "I", "O", "B"]) == [
    "B-entity", "I-entity", "O", "B-entity",
  ]  # fmt: skip
  scheme = find(["B-A", "I", "O"])
  assert scheme.of_sentence(["I", "B-A", "I", "O", "I"]) == [
    "O", "B-A", "I-A", "O", "O",
  ]  # fmt: skip


@pytest.mark.parametrize(
  "labels", ["NN VB", "O", "O NN", "O X-A Y-B", "DET S-X"]
)
def test_labels_of_words(labels, caplog):
  scheme = find(labels.split())
  assert not scheme.has_entities
  assert "the labels mark no entities" in scheme.reason
  assert metrics.names(scheme) == ["eval_accuracy", "eval_loss"]
  assert not caplog.records


def test_a_mixture_is_one_warning(caplog):
  scheme = find(["O", "B-PER", "I-PER", "B-LOC", "MISC"])
  assert scheme.name == "none"
  assert len(caplog.records) == 1
  assert "3 of 4 labels mark entities, but 'MISC' do not" in caplog.text


@pytest.mark.parametrize(
  "labels, wanted, message",
  [
    ("B-A E-A U-A O", "auto", "positions E of BIOES and U of BILOU"),
    ("B-A I_A O", "auto", "both with - and with _"),
    ("B-A E-A O", "BIO2", "label_scheme=BIO2 has no position E, as in 'E-A'"),
    ("B-A E-A O", "BILOU", "label_scheme=BILOU has no position E"),
    ("NN O", "BIO2", "label_scheme=BIO2, but labels mark no entities, as 'NN'"),
  ],
)
def test_what_is_refused(labels, wanted, message):
  with pytest.raises(ValueError, match=message):
    find(labels.split(), wanted=wanted)


def test_none_is_told():
  scheme = find(["B-A", "O"], wanted="none")
  assert not scheme.has_entities
  assert scheme.reason == "label_scheme=none asks for none"

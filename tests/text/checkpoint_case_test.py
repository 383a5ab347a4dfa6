import pytest

from bert_tf.text import checkpoint_case

UNCASED = [
  "uncased_L-24_H-1024_A-16",
  "uncased_L-12_H-768_A-12",
  "multilingual_L-12_H-768_A-12",
  "chinese_L-12_H-768_A-12",
  "wwm_uncased_L-24_H-1024_A-16",
  "uncased_L-2_H-128_A-2",
  "uncased_L-10_H-512_A-8",
]
CASED = [
  "cased_L-12_H-768_A-12",
  "cased_L-24_H-1024_A-16",
  "multi_cased_L-12_H-768_A-12",
  "wwm_cased_L-24_H-1024_A-16",
]


@pytest.mark.parametrize(
  ("name", "lower"),
  [(name, True) for name in UNCASED] + [(name, False) for name in CASED],
)
@pytest.mark.parametrize("before", ["", "/models/", "gs://bucket/a.b/"])
def test_known_models(name, lower, before):
  path = f"{before}{name}/bert_model.ckpt"
  checkpoint_case.validate_case_matches_checkpoint(lower, path)
  with pytest.raises(ValueError, match=f"{name}.*pass --do_lower_case={lower}"):
    checkpoint_case.validate_case_matches_checkpoint(not lower, path)


@pytest.mark.parametrize(
  "path",
  [
    None,
    "",
    "bert_model.ckpt",
    "/mine/bert_model.ckpt",
    "/cased_L-12_H-768_A-12/model.ckpt-100",
    "/uncased_L-2_H-128_A-12/bert_model.ckpt",
    "/cased_L-12_H-768_A-12/fine_tuned/bert_model.ckpt",
  ],
)
@pytest.mark.parametrize("lower", [True, False])
def test_others_pass(path, lower):
  checkpoint_case.validate_case_matches_checkpoint(lower, path)


def test_twenty_four_small_models():
  # Twelve layers of 768 are both BERT-base and the largest small one.
  assert len(checkpoint_case.LOWER_CASED_MODELS) == 24 + 4

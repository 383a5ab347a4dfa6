"""The command extract_features as a user calls it."""

from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"

# The original's flags and defaults: extract_features.py.
ORIGINAL = {
  "input_file": None,
  "output_file": None,
  "layers": "-1,-2,-3,-4",
  "bert_config_file": None,
  "max_seq_length": 128,
  "init_checkpoint": None,
  "vocab_file": None,
  "do_lower_case": True,
  "batch_size": 32,
  "use_tpu": False,
  "master": None,
  "num_tpu_cores": 8,
  "use_one_hot_embeddings": False,
}
REQUIRED = ("init_checkpoint", "input_file", "output_file")


def extract(output_file, by_path=False, **changes):
  flags = {
    "input_file": TESTDATA / "extract_features" / "input.txt",
    "output_file": output_file,
    "layers": "-1",
    "bert_config_file": TESTDATA / "tiny" / "bert_config.json",
    "max_seq_length": 32,
    "init_checkpoint": TESTDATA / "tiny" / "bert_model.ckpt",
    "vocab_file": TESTDATA / "vocab.txt",
  }
  return running.run(
    "extract_features", *running.as_flags(flags | changes), by_path=by_path
  )


def test_the_original_s_flags_and_defaults():
  found = running.flags_of("extract_features")["all"]
  assert len(ORIGINAL) == 13
  assert {name: found[name] for name in ORIGINAL} == ORIGINAL


def test_required_flags():
  running.assert_required("extract_features", *REQUIRED)


def test_extracts_and_says_what_has_no_effect(tmp_path):
  run = extract(tmp_path / "out", by_path=True, num_tpu_cores=8)
  assert run.returncode == 0, run.stderr
  assert "--num_tpu_cores has no effect" in run.stderr
  assert (tmp_path / "out").read_text().startswith('{"linex_index": 0, "feat')


def test_an_error_is_one_plain_message(tmp_path):
  name = "uncased_L-12_H-768_A-12/bert_model.ckpt"
  run = extract(tmp_path / "out", init_checkpoint=name, do_lower_case=False)
  # The original compares no names here: a warning, then what really fails.
  running.assert_plain_error(
    run,
    "names the uncased model",
    f"extract_features: no checkpoint at {name}",
  )

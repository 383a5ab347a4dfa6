"""The command run_sentence_pairs as a user calls it."""

from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"
FLAGS = {
  "objective": "scores",
  "text_column": "sentence1",
  "text_pair_column": "sentence2",
  "label_column": "score",
  "max_score": 5.0,
  "scale": 20.0,
  "pooling": "mean",
  "eval_batch_size": 32,
}


def test_flags_and_defaults():
  found = running.flags_of("run_sentence_pairs")["all"]
  assert {name: found[name] for name in FLAGS} == FLAGS
  running.assert_required(
    "run_sentence_pairs",
    "data_dir",
    "output_dir",
    "bert_config_file",
    "vocab_file",
  )


def test_a_pre_trained_model_is_evaluated(tmp_path):
  (tmp_path / "dev.tsv").write_text(
    "sentence1\tsentence2\tscore\nthe mill\ta mill\t4.5\nthe mill\tit was\t1\n"
  )
  done = running.run(
    "run_sentence_pairs",
    f"--data_dir={tmp_path}",
    f"--output_dir={tmp_path / 'out'}",
    f"--bert_config_file={TESTDATA / 'tiny' / 'bert_config.json'}",
    f"--vocab_file={TESTDATA / 'vocab.txt'}",
    f"--init_checkpoint={TESTDATA / 'tiny' / 'bert_model.ckpt'}",
    "--max_seq_length=16",
    "--do_eval",
  )
  assert done.returncode == 0, done.stderr
  results = (tmp_path / "out" / "eval_results.txt").read_text()
  assert "eval_spearman = " in results
  assert "--pooling=mean" in done.stderr

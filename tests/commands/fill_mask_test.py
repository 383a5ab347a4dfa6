"""The command fill_mask as a user calls it."""

import json

from tests.commands import running
from tests.conftest import ROOT

TESTDATA = ROOT / "tests" / "testdata"
FLAGS = (
  f"--bert_config_file={TESTDATA}/tiny/bert_config.json",
  f"--init_checkpoint={TESTDATA}/tiny/bert_model.ckpt",
  f"--vocab_file={TESTDATA}/vocab.txt",
)


def fill(*flags, text, by_path=False):
  return running.run("fill_mask", *FLAGS, *flags, by_path=by_path, input=text)


def test_a_pipe(tmp_path):
  run = fill(
    "--output_format=json", "--top_k=2", text="the [MASK]\n", by_path=True
  )
  assert run.returncode == 0, run.stderr
  (line,) = run.stdout.splitlines()  # and nothing else
  (mask,) = json.loads(line)["masks"]
  assert len(mask["predictions"]) == 2


def test_an_error_is_one_plain_message():
  run = fill("--mode=next_sentence", text="the\n")
  running.assert_plain_error(run)
  assert run.stderr.splitlines()[-1].startswith(
    "fill_mask: standard input, line 1: expected two texts"
  )
  assert not run.stdout

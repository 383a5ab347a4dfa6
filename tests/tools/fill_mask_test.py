"""The command fill_mask as a user calls it."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTDATA = ROOT / "tests" / "testdata"
FLAGS = (
  f"--bert_config_file={TESTDATA}/tiny/bert_config.json",
  f"--init_checkpoint={TESTDATA}/tiny/bert_model.ckpt",
  f"--vocab_file={TESTDATA}/vocab.txt",
)


def command(*flags, text):
  return subprocess.run(
    [sys.executable, "tools/fill_mask.py", *FLAGS, *flags],
    cwd=ROOT,
    input=text,
    capture_output=True,
    text=True,
    timeout=300,
  )


def test_a_pipe(tmp_path):
  run = command("--output_format=json", "--top_k=2", text="the [MASK]\n")
  assert run.returncode == 0, run.stderr
  (line,) = run.stdout.splitlines()  # and nothing else
  (mask,) = json.loads(line)["masks"]
  assert len(mask["predictions"]) == 2


def test_an_error_is_one_plain_message():
  run = command("--mode=next_sentence", text="the\n")
  assert run.returncode == 1
  assert run.stderr.splitlines()[-1].startswith(
    "fill_mask: standard input, line 1: expected two texts"
  )
  assert not run.stdout
  assert "Traceback" not in run.stderr

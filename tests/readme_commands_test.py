"""The commands of README.md, run as they are printed."""

import re

import pytest

from tests.commands import page_shell
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
# The first block installs; .ci/installed.sh does that, and runs the quickstart.
INSTALL, *BLOCKS = re.findall(r"^```\n(.*?)^```$", README, re.M | re.S)
MODEL = re.search(r"`(export BERT=\$\([^`]*\))`", README)[1]


def test_the_first_block_installs():
  assert INSTALL.startswith("pip install .\nbert_tf quickstart")


@pytest.mark.slow
def test_the_commands_run(tmp_path, uncased_vocab_file):
  with page_shell.opened(tmp_path, uncased_vocab_file) as (run, place):
    done = run("\n".join([" ".join(MODEL.split()), *BLOCKS]))
  assert done.returncode == 0, done.stderr
  assert "masked_lm_accuracy" in (place / "out/eval_results.txt").read_text()
  assert "eval_accuracy" in (place / "out/mrpc/eval_results.txt").read_text()
  assert '"label": "' in done.stdout

"""A shell in which the commands of a page run, on BERT-Tiny for BERT-Base."""

import contextlib
import os
import stat
import subprocess
import sys

from tests.commands import small_model
from tests.conftest import ROOT
from tests.model_files import file_server

# BERT-Base, which pages name, takes long.
BASE = "uncased_L-12_H-768_A-12"
_MRPC = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"


def _write_inputs(place):
  """A few lines of each file that pages read; they are downloads there."""
  (place / "SST-2").mkdir(parents=True)
  (place / "glue" / "MRPC").mkdir(parents=True)
  for name, times in (("train", 16), ("dev", 1)):
    (place / "SST-2" / f"{name}.tsv").write_text(
      "sentence\tlabel\n" + "a fine film\t1\nhow dull\t0\n" * times
    )
    (place / "glue" / "MRPC" / f"{name}.tsv").write_text(
      _MRPC + "1\t1\t2\tIt rained.\tRain fell.\n0\t3\t4\tHe sat.\tNo.\n" * times
    )
  (place / "SST-2" / "test.tsv").write_text("index\tsentence\n0\tfine\n")
  (place / "lines.txt").write_text("a [MASK] film\n")
  (place / "corpus.txt").write_text("It rained.\nThey sat inside.\n\n" * 20)


@contextlib.contextmanager
def opened(folder, vocab_file):
  """Gives a function that runs lines of Bash, and the folder they run in."""
  made, place = folder / "made", folder / "place"
  made.mkdir()
  _write_inputs(place)
  program = folder / "bin" / "bert_tf"
  program.parent.mkdir()
  program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bert_tf "$@"\n')
  program.chmod(program.stat().st_mode | stat.S_IXUSR)
  files = small_model.at_its_address(made, vocab_file)
  with file_server.serving(files) as server:
    environment = os.environ | {
      "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
      "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
      "BERT_TF_HOME": str(folder / "home"),
      "BERT_TF_MIRROR": server.url,
    }

    def run(lines):
      return subprocess.run(
        [
          "bash",
          "-euo",
          "pipefail",
          "-c",
          lines.replace(BASE, small_model.NAME),
        ],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
      )

    yield run, place

"""That the script for a day with a GPU runs, and fails where numbers differ."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks import gpu
from tests.conftest import ROOT


@pytest.mark.slow
def test_dry_run(tmp_path):
  rows = tmp_path / "gpu.json"
  done = subprocess.run(
    [
      *("benchmarks/gpu.sh", "--dry_run", f"--json={rows}"),
      "--only=dropout XLA,bert_tf bf16",
    ],
    cwd=ROOT,
    env=os.environ | {"PYTHON": sys.executable},
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  found = json.loads(rows.read_text())
  assert found["dry_run"]
  assert [row["name"] for row in found["checks"]] == ["dropout XLA"]
  assert all(row["passed"] for row in found["checks"])
  (step,) = found["steps"]
  assert step["name"] == "bert_tf bf16" and step["seconds"] > 0


def test_too_far_is_a_failure():
  assert not gpu._row("x", 2e-4, 1e-4)["passed"]
  assert not gpu._row("x", float("nan"), 1e-4)["passed"]
  assert gpu._row("x", 1e-4, 1e-4)["passed"]

"""The TF_CONFIG lines of docs/distributed.md give what TensorFlow reads."""

import json
import re
import subprocess

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "distributed.md").read_text()


def config_of(script, environment):
  """What bash makes of the lines up to and with TF_CONFIG."""
  done = subprocess.run(
    ["bash", "-euc", script + '\nprintf "%s" "$TF_CONFIG"'],
    env={"PATH": "/usr/bin:/bin"} | environment,
    capture_output=True,
    text=True,
    check=True,
  )
  return json.loads(done.stdout)


def test_by_hand():
  (line,) = re.findall(r"export TF_CONFIG='.*?'", PAGE, re.S)
  assert config_of(line, {}) == {
    "cluster": {"worker": ["a:2222", "b:2222"]},
    "task": {"type": "worker", "index": 0},
  }


@pytest.mark.parametrize("index", [0, 3])
def test_slurm(tmp_path, index):
  (tmp_path / "scontrol").write_text(
    "#!/bin/sh\nprintf 'n1\\nn2\\nn3\\nn4\\n'\n"
  )
  (tmp_path / "scontrol").chmod(0o755)
  (workers,) = re.findall(
    r"^export WORKERS=.*?paste -sd,\)$", PAGE, re.S | re.M
  )
  (config,) = re.findall(
    r'^  (export TF_CONFIG="[^\n]*\n[^\n]*SLURM_PROCID}}")$', PAGE, re.M
  )
  found = config_of(
    f"{workers}\n{config}",
    {
      "PATH": f"{tmp_path}:/usr/bin:/bin",
      "SLURM_JOB_NODELIST": "n[1-4]",
      "SLURM_PROCID": str(index),
    },
  )
  assert found["cluster"]["worker"] == [f"n{i}:2222" for i in range(1, 5)]
  assert found["task"] == {"type": "worker", "index": index}


def test_kubernetes():
  (lines,) = re.findall(
    r"^          (workers=.*?HOSTNAME##\*-}}}\")$", PAGE, re.S | re.M
  )
  found = config_of(lines, {"REPLICAS": "2", "HOSTNAME": "bert-1"})
  assert found == {
    "cluster": {"worker": ["bert-0.bert:2222", "bert-1.bert:2222"]},
    "task": {"type": "worker", "index": 1},
  }

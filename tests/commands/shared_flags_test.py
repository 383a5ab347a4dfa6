"""Flags that commands share."""

import re

import pytest

from bert_tf.commands import flag_table
from tests.commands import running
from tests.conftest import ROOT


def defined(name):
  """The flags that a file of bert_tf/commands defines itself."""
  text = (ROOT / "bert_tf" / "commands" / name).read_text()
  return set(re.findall(r'flags\.DEFINE_\w+\(\s*"(\w+)"', text))


def test_shared_flags_have_one_definition():
  files = [path.name for path in (ROOT / "bert_tf" / "commands").glob("*.py")]
  own = {name: defined(name) for name in files}
  assert "max_eval_steps" in own["run_pretraining.py"]
  assert "eval_steps" in own["fine_tuning_flags.py"]
  for name, found in own.items():
    assert not found & set(flag_table.SHARED), name
  runners = own["device_flags.py"] | own["fine_tuning_flags.py"]
  for name, found in own.items():
    if not name.endswith("_flags.py"):
      # SavedModels know bfloat16 alone, runners mixed precisions.
      allowed = {"precision"} if name == "export_saved_model.py" else set()
      assert found & runners == allowed, name


@pytest.mark.parametrize("name", ["run_pretraining", "fill_mask"])
def test_help_lists_the_shared_flags_too(name):
  found = running.flags_of(name)["key"]
  own = {"run_pretraining": "max_eval_steps", "fill_mask": "top_k"}
  assert {own[name], "init_checkpoint", "precision"} <= set(found)

"""Flags that commands share."""

import pytest

from tests.tools import commands


@pytest.mark.parametrize("name", ["run_pretraining", "fill_mask"])
def test_help_lists_the_shared_flags_too(name):
  found = commands.flag_defaults(name, key=True)
  own = {"run_pretraining": "max_eval_steps", "fill_mask": "top_k"}
  assert {own[name], "init_checkpoint", "precision"} <= set(found)

"""`--help` of every command."""

import re

import pytest

from bert_tf.commands import console, flag_groups
from tests.commands import running


@pytest.fixture(scope="module", params=sorted(console.commands()))
def shown(request):
  done = running.run(request.param, "--help")
  assert (done.returncode, done.stderr) == (0, "")
  return request.param, done.stdout


def test_it_says_what_and_gives_an_example(shown):
  name, text = shown
  assert text.startswith(console.commands()[name])
  assert f"bert_tf {name} " in text.partition("Flags")[0]


def test_all_flags_are_in_groups_and_fit(shown):
  name, text = shown
  defined = running.flags_of(name)["key"]
  listed = re.findall(r"^[* ] --(?:\[no\])?(\w+)", text, re.M)
  assert sorted(listed) == sorted(defined)
  assert "Other flags" not in text
  groups = [x for x in flag_groups.GROUPS if f"\n{x}:\n" in text]
  assert groups == re.findall(r"^([A-Z][\w ]+):$(?=\n[* ] --)", text, re.M)
  about = [line for line in text.splitlines() if line.startswith("      ")]
  assert max(map(len, about)) <= 80


def test_required_flags_are_marked(shown):
  name, text = shown
  error = running.flags_of(name, ())["errors"][0] or ""
  needed = re.findall(r"Flag --(\w+) must have a value", error)
  assert sorted(re.findall(r"^\* --(\w+)", text, re.M)) == sorted(needed)


def test_a_group_lists_required_flags_first_and_defaults():
  text = running.run("run_classifier", "--help").stdout
  assert text.index("* --data_dir") < text.index("  --text_column=TEXT")
  assert "(default: 5e-05)" in text
  assert "  --precision=<float32|mixed_bfloat16|mixed_float16>\n" in text
  assert text.index("\nDevices:") < text.index("\nWithout effect:\n  --master")

"""The original's rules, plainly, agree with the library: a short run."""

import hypothesis
import pytest

from tests.fuzz import rules


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_agrees_with_the_plain_rule(rule):
  @hypothesis.settings(deadline=None, max_examples=200)
  @hypothesis.given(rule.given)
  def agrees(given):
    assert rule.ours(given) == rule.plain(given)

  agrees()

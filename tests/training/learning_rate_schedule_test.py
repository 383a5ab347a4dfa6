"""The learning rate."""

import numpy as np
import pytest

from bert_tf.training import learning_rate_schedule


def test_warmup_and_decay():
  rate = learning_rate_schedule.WarmupLinearDecay(2.0, 10, 4)
  got = [float(rate(step)) for step in range(13)]
  warm = [2.0 * step / 4 for step in range(4)]
  down = [2.0 * (1 - min(step, 10) / 10) for step in range(4, 13)]
  np.testing.assert_allclose(got, warm + down, rtol=1e-6)


def test_no_warmup_starts_at_the_peak():
  rate = learning_rate_schedule.WarmupLinearDecay(1e-3, 5, 0)
  np.testing.assert_allclose(float(rate(0)), 1e-3)
  assert float(rate(5)) == 0


@pytest.mark.parametrize(
  "steps, warmup, message",
  [(0, 0, "num_train_steps=0"), (5, -1, "num_warmup_steps=-1")],
)
def test_errors(steps, warmup, message):
  with pytest.raises(ValueError, match=message):
    learning_rate_schedule.WarmupLinearDecay(1.0, steps, warmup)

import pytest

from bert_tf.tasks.pretraining import settings


def make(**changes):
  arguments = {
    "input_file": ("in.txt",),
    "output_file": ("out.tfrecord",),
    "vocab_file": "vocab.txt",
  }
  return settings.PretrainingDataConfig(**(arguments | changes))


def test_defaults_are_the_originals():
  config = make()
  assert config.do_lower_case is True
  assert config.do_whole_word_mask is False
  assert config.max_seq_length == 128
  assert config.max_predictions_per_seq == 20
  assert config.random_seed == 12345
  assert config.dupe_factor == 10
  assert config.masked_lm_prob == 0.15
  assert config.short_seq_prob == 0.1


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    (
      {"input_file": ("",)},
      "--input_file is empty; name at least one text file",
    ),
    (
      {"output_file": ("",)},
      "--output_file='' has an empty name in it; name one or more files with "
      "commas and no spaces between them",
    ),
    (
      {"output_file": ("a", "", "b")},
      "--output_file='a,,b' has an empty name in it; name one or more files "
      "with commas and no spaces between them",
    ),
    (
      {"output_file": ("a/b", "c", "a/./b")},
      "--output_file names the same file twice: 'a/b' and 'a/./b'; each needs "
      "a file of its own",
    ),
    (
      {"output_file": ("gs://a/b", "gs://a/b")},
      "--output_file names the same file twice: 'gs://a/b' and 'gs://a/b'; "
      "each needs a file of its own",
    ),
    ({"max_seq_length": 4}, "--max_seq_length=4, expected at least 5"),
    (
      {"max_predictions_per_seq": 0},
      "--max_predictions_per_seq=0, expected at least 1",
    ),
    ({"dupe_factor": 0}, "--dupe_factor=0, expected at least 1"),
    (
      {"masked_lm_prob": 1.01},
      "--masked_lm_prob=1.01, expected a share from 0 to 1",
    ),
    (
      {"short_seq_prob": -0.5},
      "--short_seq_prob=-0.5, expected a share from 0 to 1",
    ),
    (
      {"short_seq_prob": float("nan")},
      "--short_seq_prob=nan, expected a share from 0 to 1",
    ),
  ],
)
def test_errors(changes, message):
  with pytest.raises(ValueError) as error:
    make(**changes)
  assert str(error.value) == message


def test_limits_are_allowed():
  make(max_seq_length=5, masked_lm_prob=0.0, short_seq_prob=1.0, dupe_factor=1)

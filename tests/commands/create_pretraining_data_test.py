import pytest
import tensorflow as tf

from tests.commands import running

NAME = "create_pretraining_data"


def read_gzipped(path):
  return [
    tf.train.Example.FromString(record)
    for record in tf.data.TFRecordDataset(
      str(path), "GZIP" if str(path).endswith("gz") else ""
    ).as_numpy_iterator()
  ]


def test_flags_are_the_originals():
  assert running.flags_of(NAME)["key"] == {
    "input_file": None,
    "output_file": None,
    "vocab_file": None,
    "do_lower_case": True,
    "do_whole_word_mask": False,
    "max_seq_length": 128,
    "max_predictions_per_seq": 20,
    "random_seed": 12345,
    "dupe_factor": 10,
    "masked_lm_prob": 0.15,
    "short_seq_prob": 0.1,
    # Not the original's:
    "num_shards": 1,
    "num_workers": 1,
    "runner": "local",
    "beam_options": "",
    "spark_master": "",
    "spark_options": "",
    "tmp_dir": "",
  }


@pytest.mark.parametrize(
  ("case", "by_path"), [("own_vocab", False), ("whole_word", True)]
)
def test_command_writes_the_originals_records(
  case, by_path, testdata, tmp_path
):
  goldens = testdata / "pretraining"
  arguments = (goldens / case / "flags.txt").read_text().split()
  outputs = next(a for a in arguments if a.startswith("--output_file="))
  names = outputs.partition("=")[2].split(",")
  moved = ",".join(str(tmp_path / name) for name in names)
  arguments[arguments.index(outputs)] = f"--output_file={moved}"
  # As a module it is found from the root; as a script from anywhere.
  arguments = [
    argument.replace("../", f"{testdata}/") for argument in arguments
  ]
  done = running.run(
    NAME,
    *arguments,
    by_path=by_path,
    cwd=tmp_path if by_path else running.ROOT,
  )
  assert done.returncode == 0, done.stderr
  for name in names:
    expected = read_gzipped(goldens / f"{name}.gz")
    assert read_gzipped(tmp_path / name) == expected
    assert f"wrote {tmp_path / name}: {len(expected)} records" in done.stderr
  assert done.stderr.count("*** Example ***") == 2
  assert "together" in done.stderr


def test_shards(testdata, tmp_path):
  for name, workers in (("a", 1), ("b", 2)):
    done = running.run(
      NAME,
      f"--input_file={testdata / 'text' / 'stories_*.txt'}",
      f"--output_file={tmp_path / name}",
      f"--vocab_file={testdata / 'vocab.txt'}",
      "--num_shards=2",
      f"--num_workers={workers}",
    )
    assert done.returncode == 0, done.stderr
    assert f"wrote {tmp_path / name}-00001-of-00002: " in done.stderr
  for part in ("-00000-of-00002", "-00001-of-00002"):
    first, second = tmp_path / f"a{part}", tmp_path / f"b{part}"
    assert first.read_bytes() == second.read_bytes()
  assert len(list(tmp_path.iterdir())) == 4


def test_quiet(testdata, tmp_path):
  done = running.run(
    NAME,
    f"--input_file={testdata / 'text' / 'stories_b.txt'}",
    f"--output_file={tmp_path / 'out'}",
    f"--vocab_file={testdata / 'vocab.txt'}",
    "--dupe_factor=1",
    "--verbosity=-1",
    by_path=True,
  )
  assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    (
      {"input_file": "nothing/*.txt"},
      "create_pretraining_data: no file matches 'nothing/*.txt'",
    ),
    (
      {"max_seq_length": "4"},
      "create_pretraining_data: --max_seq_length=4, expected at least 5",
    ),
    (
      {"vocab_file": "nothing.txt"},
      "create_pretraining_data: nothing.txt: no such file",
    ),
    (
      {"runner": "spark", "num_workers": "2"},
      "create_pretraining_data: --num_workers=2 is for the runners local and "
      "direct; for spark use --spark_options='spark.executor.instances=N'",
    ),
    (
      {"tmp_dir": "nowhere"},
      "create_pretraining_data: --tmp_dir='nowhere' is no folder; make it",
    ),
    ({"output_file": None}, "--output_file must have a value other than None"),
  ],
)
def test_errors_are_one_line(testdata, tmp_path, changes, message):
  values = {
    "input_file": testdata / "text" / "stories_b.txt",
    "output_file": tmp_path / "out",
    "vocab_file": testdata / "vocab.txt",
    **changes,
  }
  done = running.run(NAME, *running.as_flags(values))
  running.assert_plain_error(done, message)
  assert list(tmp_path.iterdir()) == []


def test_leftover_arguments_are_refused():
  done = running.run(
    NAME, "--input_file=a", "--output_file=b", "--vocab_file=c", "d.txt"
  )
  assert done.returncode != 0
  assert "unknown arguments: d.txt" in done.stdout + done.stderr

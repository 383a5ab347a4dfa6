import itertools
import os

import hypothesis
import pytest
from hypothesis import strategies as st

from bert_tf.tasks.pretraining import (
  corpus_shards,
  record_generator,
  settings,
  text_corpus,
)

LINES = st.lists(
  st.sampled_from(
    [
      *("one line", "two\u3000words", "a\rb", "\x00", "caf\u00e9", "x" * 50),
      *("", " ", "\t\r", "\u2028", "\x0c"),
    ]
  ),
  max_size=14,
)


@pytest.fixture
def make_config(testdata, tmp_path):
  def make(inputs, name, **changes):
    return settings.PretrainingDataConfig(
      input_file=tuple(map(str, inputs)),
      output_file=(str(tmp_path / name),),
      vocab_file=str(testdata / "vocab.txt"),
      dupe_factor=2,
      **changes,
    )

  return make


def text_of(shard):
  found = b""
  for part in shard.text:
    with open(part.path, "rb") as reader:
      found += reader.read()[part.begin : part.end]
  return found


def ends_document(line):
  return not line.replace(b"\r", b"").decode().strip()


@hypothesis.settings(
  deadline=None,
  max_examples=300,
  suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
  contents=st.lists(LINES, min_size=1, max_size=3),
  last_newline=st.booleans(),
  count=st.integers(2, 5),
)
def test_text_is_cut_after_empty_lines(
  make_config, tmp_path, contents, last_newline, count
):
  paths = []
  for number, lines in enumerate(contents):
    paths.append(str(tmp_path / f"{number}.txt"))
    text = "\n".join(lines) + "\n" * (last_newline and bool(lines))
    with open(paths[-1], "wb") as writer:
      writer.write(text.encode())
  whole, empty_lines = b"", []  # Begin and end of each, in all bytes.
  for path in paths:
    with open(path, "rb") as reader:
      for line in reader:
        if ends_document(line):
          empty_lines.append((len(whole), len(whole) + len(line)))
        whole += line
  cuts = [0]
  for index in range(1, count):
    least = len(whole) * index // count
    after = (end for begin, end in empty_lines if begin >= least)
    cuts.append(next(after, len(whole)) if least else 0)
  cuts.append(len(whole))
  config = make_config(paths, "out", num_shards=count)
  if any(a == b for a, b in itertools.pairwise(cuts)):
    with pytest.raises(ValueError, match="use fewer shards"):
      corpus_shards.plan(config, paths)
    return
  made = corpus_shards.plan(config, paths)
  assert [text_of(shard) for shard in made] == [
    whole[a:b] for a, b in itertools.pairwise(cuts)
  ]


def test_each_is_a_run_of_its_own(make_config, testdata, tmp_path):
  inputs = sorted((testdata / "text").glob("stories_*.txt"))
  config = make_config(inputs, "out", num_shards=3, random_seed=7)
  summary = record_generator.create(config)
  planned = corpus_shards.plan(config, list(map(str, inputs)))
  assert len(planned) == 3
  for index, shard in enumerate(planned):
    alone = tmp_path / f"text-{index}.txt"
    alone.write_bytes(text_of(shard))
    one = make_config([alone], f"one-{index}", random_seed=7 + index)
    record_generator.create(one)
    expected = (tmp_path / f"one-{index}").read_bytes()
    name = f"{tmp_path}/out-{index:05d}-of-00003"
    with open(name, "rb") as reader:
      assert reader.read() == expected
    assert summary.files[index][0] == name
    assert summary.files[index][2] == len(expected)
  assert summary.instances == sum(records for _, records, _ in summary.files)


def test_several_files_a_shard(make_config, testdata, tmp_path):
  text = testdata / "text" / "stories_a.txt"
  names = (str(tmp_path / "x" / "a"), str(tmp_path / "x" / "b"))
  config = settings.PretrainingDataConfig(
    (str(text),), names, str(testdata / "vocab.txt"), num_shards=2
  )
  record_generator.create(config)
  assert sorted(os.listdir(tmp_path / "x")) == [
    "a-00000-of-00002",
    "a-00001-of-00002",
    "b-00000-of-00002",
    "b-00001-of-00002",
  ]


def test_one_shard_is_the_whole(make_config):
  config = make_config(["a"], "out")
  assert corpus_shards.plan(config, ["a", "b"]) == [
    corpus_shards.Shard(
      config, (text_corpus.TextPart("a"), text_corpus.TextPart("b"))
    )
  ]


def test_one_document_cannot_be_cut(make_config, tmp_path):
  (tmp_path / "a.txt").write_text("a line\n" * 20)
  config = make_config([tmp_path / "a.txt"], "out", num_shards=2)
  with pytest.raises(ValueError) as error:
    record_generator.create(config)
  assert str(error.value) == (
    "--num_shards=2: no document is left for shard 1 of the 140 bytes of text "
    f"in {tmp_path / 'a.txt'}; use fewer shards, and put an empty line between "
    "documents"
  )
  assert os.listdir(tmp_path) == ["a.txt"]


def test_a_failing_shard_leaves_nothing(make_config, tmp_path):
  # The second half is a document, but nothing in it is a sentence.
  (tmp_path / "a.txt").write_text("a line\n" * 9 + "\n" + "\x00\n" * 30)
  config = make_config([tmp_path / "a.txt"], "out", num_shards=2)
  (tmp_path / "out-00000-of-00002").write_bytes(b"older")
  with pytest.raises(ValueError, match="found no sentence in"):
    record_generator.create(config)
  assert sorted(os.listdir(tmp_path)) == ["a.txt", "out-00000-of-00002"]
  assert (tmp_path / "out-00000-of-00002").read_bytes() == b"older"


def test_tensorflows_file_systems(make_config, testdata, tmp_path):
  text = testdata / "text" / "stories_a.txt"
  plain = record_generator.create(make_config([text], "out", num_shards=2))
  config = settings.PretrainingDataConfig(
    (f"file://{text}",),
    (f"file://{tmp_path}/x/out",),
    str(testdata / "vocab.txt"),
    dupe_factor=2,
    num_shards=2,
  )
  record_generator.create(config)
  for path, _, _ in plain.files:
    with open(path, "rb") as reader:
      name = os.path.basename(path)
      assert (tmp_path / "x" / name).read_bytes() == reader.read()

"""fill_mask from lines to answers."""

import io
import json
import pathlib

import pytest

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.models import pretrainer
from bert_tf.tasks.masked_lm import predictor, run, settings
from bert_tf.training import device_strategy

TESTDATA = pathlib.Path(__file__).resolve().parents[2] / "testdata"
TINY = TESTDATA / "tiny"
LINES = {
  "fill": ["The [MASK] naïve.", "It was ||| the [MASK] [MASK]"],
  "perplexity": ["It was the jackdaw.", "They ate ||| cake"],
  "next_sentence": ["It was ||| the jackdaw", "the ||| " + "a " * 80],
}


def ask(tmp_path, mode, text=None, **changes):
  path = tmp_path / "lines.txt"
  if text is None:
    text = "".join(f"{line}\n" for line in LINES[mode])
  path.write_bytes(text if isinstance(text, bytes) else text.encode())
  told = {
    "vocab_file": str(TESTDATA / "vocab.txt"),
    "init_checkpoint": str(TINY / "bert_model.ckpt"),
    "mode": mode,
    "input_file": str(path),
    "output_file": str(tmp_path / "out"),
    "output_format": "json",
  } | changes
  config = bert_tf.BertConfig.from_json_file(TINY / "bert_config.json")
  return run.run(
    config, settings.FillMaskSettings(**told), device_strategy.DeviceSettings()
  )


def answers(tmp_path):
  text = (tmp_path / "out").read_text("utf-8")
  return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def filler():
  return predictor.MaskFiller(
    pretrainer.BertPretrainer.from_checkpoint(TINY),
    bert_tf.FullTokenizer(TESTDATA / "vocab.txt"),
    top_k=3,
  )


def test_fills(tmp_path, filler):
  assert ask(tmp_path, "fill", top_k=3) == 2
  wanted = filler(LINES["fill"])
  found = answers(tmp_path)
  assert [list(row) for row in found] == [["line_index", "text", "masks"]] * 2
  assert [row["text"] for row in found] == LINES["fill"]
  assert [[m["position"] for m in row["masks"]] for row in found] == [
    [2],
    [5, 6],
  ]
  for row, filled in zip(found, wanted, strict=True):
    for mask, guesses in zip(row["masks"], filled.masks, strict=True):
      tokens = [guess["token"] for guess in mask["predictions"]]
      assert tokens == [guess.token for guess in guesses]
      odds = [guess["probability"] for guess in mask["predictions"]]
      assert odds == pytest.approx([g.probability for g in guesses], abs=1e-6)


def test_perplexity(tmp_path, filler):
  ask(tmp_path, "perplexity")
  wanted = filler.likelihood(LINES["perplexity"])
  for row, one in zip(answers(tmp_path), wanted, strict=True):
    assert list(row) == [
      *("line_index", "text", "pieces", "log_likelihood", "perplexity"),
    ]
    assert row["pieces"] == one.pieces
    assert row["perplexity"] == pytest.approx(one.perplexity, rel=1e-5)


def test_next_sentence(tmp_path, filler):
  ask(tmp_path, "next_sentence")
  wanted = filler.next_sentence(
    [tuple(line.split(" ||| ")) for line in LINES["next_sentence"]]
  )
  found = answers(tmp_path)
  assert [row["line_index"] for row in found] == [0, 1]
  assert [r["is_next"] for r in found] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("mode", settings.MODES)
def test_plain(tmp_path, mode, capsys, filler):
  ask(tmp_path, mode, output_format="plain", output_file=None, top_k=2)
  printed = capsys.readouterr().out.splitlines()
  if mode == "fill":
    assert len(printed) == 2 + 3  # lines, and a line for each [MASK]
    assert printed[0] == LINES[mode][0]
    ((first, second, _),) = filler(LINES[mode][:1])[0].masks
    assert printed[1] == (
      f"  {first.token} {first.probability:.4f}, "
      f"{second.token} {second.probability:.4f}"
    )
  else:
    texts = [line.split("\t")[1] for line in printed]
    assert texts == [line.strip() for line in LINES[mode]]
    assert all(float(line.split("\t")[0]) > 0 for line in printed)


def test_input_and_output_are_files_and_two(tmp_path):
  (tmp_path / "link").symlink_to(tmp_path / "lines.txt")
  with pytest.raises(ValueError, match=r"output_file=.*link is the file to re"):
    ask(tmp_path, "fill", output_file=str(tmp_path / "link"))
  with pytest.raises(IsADirectoryError, match=r"output_file=.* is a folder"):
    ask(tmp_path, "fill", output_file=str(tmp_path))
  assert (tmp_path / "lines.txt").read_text("utf-8").startswith("The [MASK]")


def test_standard_input(tmp_path, monkeypatch):
  class Input:
    buffer = io.BytesIO(b"the [MASK]\r\n")

  monkeypatch.setattr("sys.stdin", Input)
  assert ask(tmp_path, "fill", input_file=None) == 1
  assert answers(tmp_path)[0]["text"] == "the [MASK]"


@pytest.mark.parametrize(
  "mode, text, message",
  [
    ("fill", "the [MASK]\n\n", r"line 2: expected \[MASK\] for a word"),
    ("fill", "", "lines.txt is empty"),
    ("fill", "the [MASK]\n" + "the " * 63, "line 2: found 65 tokens, .*=64"),
    ("fill", b"the [MASK]\nna\xefve\n", "line 2: found the byte 0xef"),
    ("perplexity", "the\n \n", "line 2: expected a text, found none"),
    ("next_sentence", "a ||| b\nthe\n", "line 2: expected two texts with"),
  ],
)
def test_a_bad_line_is_named_and_nothing_written(tmp_path, mode, text, message):
  (tmp_path / "out").write_text("old")
  with pytest.raises(ValueError, match=message):
    ask(tmp_path, mode, text)
  assert (tmp_path / "out").read_text() == "old"


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"output_format": "xml"}, "output_format='xml' is not known"),
    ({"top_k": 0}, "top_k=0 is below 1"),
    ({"batch_size": 0}, "batch_size=0 is below 1"),
    ({"max_seq_length": 2}, "max_seq_length=2 is below 3"),
    ({"max_seq_length": 65}, "65 is above .*max_position_embeddings=64"),
    ({"max_seq_length": 4}, "line 1: found 10 tokens, .*max_seq_length=4"),
    ({"input_file": "/nowhere"}, "/nowhere"),
    ({"input_file": "/"}, "/ is a folder"),
    (
      {"init_checkpoint": "/x/cased_L-12_H-768_A-12/bert_model.ckpt"},
      "names the cased model",
    ),
  ],
)
def test_settings_that_do_not_fit(tmp_path, changes, message):
  with pytest.raises((ValueError, OSError), match=message):
    ask(tmp_path, "fill", **changes)
  assert not (tmp_path / "out").exists()


def test_an_unknown_mode(tmp_path):
  with pytest.raises(ValueError, match="mode='guess' is not known"):
    settings.FillMaskSettings("vocab.txt", "model.ckpt", mode="guess")


def test_what_is_for_pairs_is_needed_for_pairs(tmp_path):
  reader = checkpoint_reader.Reader(TINY / "bert_model.ckpt")
  prefix = str(tmp_path / "model.ckpt")
  saver.save(
    {n: reader.read(n) for n in reader.shapes if "seq_rel" not in n}, prefix
  )
  ask(tmp_path, "fill", init_checkpoint=prefix)
  (tmp_path / "out").unlink()
  with pytest.raises(ValueError, match=r"2 variables .* cls/seq_relationship/"):
    ask(tmp_path, "next_sentence", init_checkpoint=prefix)
  saver.save(
    {n: reader.read(n) for n in reader.shapes if n.startswith("bert")}, prefix
  )
  with pytest.raises(ValueError, match="mode=fill needs a checkpoint of a pre"):
    ask(tmp_path, "fill", init_checkpoint=prefix)
  assert not (tmp_path / "out").exists()


def test_a_vocabulary_of_another_model(tmp_path):
  text = (TESTDATA / "vocab.txt").read_text("utf-8")
  (tmp_path / "longer.txt").write_text(f"{text}another\n", "utf-8")
  longer = str(tmp_path / "longer.txt")
  with pytest.raises(ValueError, match=r"longer\.txt: found 687 pieces"):
    ask(tmp_path, "fill", vocab_file=longer)
  assert not (tmp_path / "out").exists()

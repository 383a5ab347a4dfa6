"""Damaged and hostile files end in a message, and nothing is written."""

import json
import pathlib
import pickle
import shutil
import struct

import pytest
import safetensors.numpy

from bert_tf.checkpoints import formats
from bert_tf.commands import command_line
from tests.checkpoints import made_up
from tests.commands import running


@pytest.fixture(scope="module")
def good(tmp_path_factory):
  folder = tmp_path_factory.mktemp("good") / "hf"
  formats.write(made_up.model(["masked_lm"]), "huggingface", str(folder))
  return folder


@pytest.fixture
def folder(good, tmp_path):
  return pathlib.Path(shutil.copytree(good, tmp_path / "hf"))


def refused(folder):
  """The message of the one kind of error that a command ends with."""
  with pytest.raises((ValueError, OSError)) as error:
    formats.read(str(folder))
  assert command_line.is_plain(error.value)
  return str(error.value)


def packed(header, data=b"", length=None):
  """A safetensors file with this header."""
  text = header if isinstance(header, bytes) else json.dumps(header).encode()
  return (
    struct.pack("<Q", len(text) if length is None else length) + text + data
  )


def tensor(dtype="F32", shape=(2,), offsets=(0, 8)):
  return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


NAME = "bert.pooler.dense.bias"
LIES = {
  "empty": b"",
  "seven bytes": b"1234567",
  "not one": b"\xff" * 64,
  "huge header": packed({NAME: tensor()}, bytes(8), length=2**62),
  "header beyond the file": packed({NAME: tensor()}, bytes(8), length=4000),
  "not JSON": packed(b"{" * 40),
  "deep JSON": packed(b"[" * 100_000),
  "a list": packed([1, 2]),
  "offsets outside": packed({NAME: tensor(offsets=(0, 800))}, bytes(8)),
  "offsets backwards": packed({NAME: tensor(offsets=(8, 0))}, bytes(8)),
  "negative offsets": packed({NAME: tensor(offsets=(-8, 0))}, bytes(8)),
  "overlapping": packed(
    {"a": tensor(), "b": tensor(offsets=(4, 12))}, bytes(12)
  ),
  "a hole": packed({"a": tensor(), "b": tensor(offsets=(16, 24))}, bytes(24)),
  "more data": packed({NAME: tensor()}, bytes(4000)),
  "shape of another size": packed({NAME: tensor(shape=(3,))}, bytes(8)),
  "shape that overflows": packed({NAME: tensor(shape=(2**62, 8))}, bytes(8)),
  "negative shape": packed({NAME: tensor(shape=(-2,))}, bytes(8)),
  "unknown type": packed({NAME: tensor(dtype="X9")}, bytes(8)),
  "type not of weights": packed({NAME: tensor("I64", (1,))}, bytes(8)),
  "half bytes": packed({NAME: tensor("F8_E4M3", (8,))}, bytes(8)),
}


@pytest.mark.parametrize("case", LIES)
def test_safetensors_that_lie(folder, case):
  path = folder / "model.safetensors"
  path.write_bytes(LIES[case])
  message = refused(folder)
  assert str(folder) in message
  assert len(message) < 600


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated(folder, share):
  path = folder / "model.safetensors"
  data = path.read_bytes()
  path.write_bytes(data[: int(len(data) * share)])
  assert f"{path}: damaged" in refused(folder)


def test_integers_for_weights(folder):
  path = folder / "model.safetensors"
  tensors = safetensors.numpy.load_file(path)
  tensors[NAME] = tensors[NAME].astype("int64")
  safetensors.numpy.save_file(tensors, path)
  assert "bert/pooler/dense/bias is of type int64" in refused(folder)


CONFIGS = {
  "vocab_size": (None, "vocab_size is missing"),
  "model_type": ("roberta", "model_type is 'roberta', expected 'bert'"),
  "is_decoder": (True, "is_decoder is True, expected False"),
  "layer_norm_eps": (1e-5, "layer_norm_eps is 1e-05, expected 1e-12"),
  "position_embedding_type": ("relative_key", "expected 'absolute'"),
  "hidden_act": (["gelu"], r"hidden_act=['gelu'] is not known"),
  "hidden_size": ("8", "hidden_size='8' is not a whole number"),
  "num_hidden_layers": (10**9, "num_hidden_layers=1000000000, and there are"),
  "intermediate_size": (13, "variables do not fit the configuration"),
  "initializer_range": ("wide", "initializer_range='wide' is not above 0"),
}


@pytest.mark.parametrize("key", CONFIGS)
def test_configurations(folder, key):
  value, message = CONFIGS[key]
  path = folder / "config.json"
  path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
  assert message in refused(folder)


@pytest.mark.parametrize(
  "text, message",
  [
    ("{", "not a JSON file"),
    ("[" * 100_000, "not a JSON file"),
    ("[1]", "expected a JSON object, found list"),
    ("\udcff", "not a JSON file"),
    ('{"model_type": "bert"}', "vocab_size is missing"),
  ],
)
def test_config_that_is_none(folder, text, message):
  data = text.encode("utf-8", "surrogateescape")
  (folder / "config.json").write_bytes(data)
  assert message in refused(folder)


@pytest.mark.parametrize(
  "data, message",
  [
    (b"", "expected a word piece a line, found nothing"),
    (b"a\0b\n", "found zero bytes"),
    (b"\xff\xfe\n", "not UTF-8 text"),
  ],
)
def test_vocabularies(folder, data, message):
  (folder / "vocab.txt").write_bytes(data)
  assert message in refused(folder)


class Trap:
  """Unpickled, it would leave a file."""

  def __init__(self, path):
    self.path = path

  def __reduce__(self):
    return (open, (self.path, "w"))


def test_pickle_is_not_opened(folder, tmp_path):
  trap = tmp_path / "run"
  weights = folder / "pytorch_model.bin"
  weights.write_bytes(pickle.dumps(Trap(str(trap))))
  trap.unlink(missing_ok=True)
  (folder / "model.safetensors").unlink()
  for path in (folder, weights):
    message = refused(path)
    assert "pickled weights" in message
    assert "save_pretrained" in message
  assert not trap.exists()


def test_google_configuration_of_a_billion_blocks(tmp_path):
  formats.write(made_up.model(), "google", str(tmp_path / "google"))
  path = tmp_path / "google" / "bert_config.json"
  config = json.loads(path.read_text()) | {"labels": [1, 2], "labels_of": 7}
  path.write_text(json.dumps(config | {"num_hidden_layers": 10**9}))
  assert "num_hidden_layers=1000000000" in refused(tmp_path / "google")


def convert(source, out, *more):
  return running.run(
    "convert_checkpoint", f"--input={source}", f"--output_dir={out}", *more
  )


def test_the_command_says_it_and_writes_nothing(folder, tmp_path):
  data = (folder / "model.safetensors").read_bytes()
  (folder / "model.safetensors").write_bytes(data[:-1])
  out = tmp_path / "out"
  done = convert(folder, out, "--to=google")
  running.assert_plain_error(done, "model.safetensors: damaged")
  (folder / "model.safetensors").write_bytes(data)
  pieces = (folder / "vocab.txt").read_bytes().split(b"\n")
  (folder / "vocab.txt").write_bytes(b"\n".join(pieces[:9]))
  done = convert(folder, out, "--to=google")
  running.assert_plain_error(
    done, "the vocabulary has 9 word pieces, the model's table 20 rows"
  )
  assert sorted(path.name for path in tmp_path.iterdir()) == ["hf"]

"""The command's part: files, settings, errors, and no TensorFlow to answer."""

import collections
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.export import export_settings
from bert_tf.inputs import model_inputs
from bert_tf.runtimes import (
  conversion,
  engines,
  runtime_export,
  runtime_folder,
  runtime_settings,
)
from tests import conftest
from tests.export import exports_test
from tests.models import tiny
from tests.tasks.squad import goldens

CLASSIFIER = export_settings.ExportSettings(
  "classifier", max_seq_length=32, labels=("no", "yes")
)
PREDICT = (sys.executable, "-m", "bert_tf", "predict")
TEXTS = ["The mill stood by the river. ||| It was old.", "Nobody went."]
# A process without what the runtimes do not need.
FRESH = """
import importlib.abc, json, sys
ALLOWED = {"absl", "bert_tf", "ml_dtypes", "numpy", "%s"}
class Refusing(importlib.abc.MetaPathFinder):
  def find_spec(self, name, path=None, target=None):
    top = name.partition(".")[0]
    if top not in ALLOWED and top not in sys.stdlib_module_names:
      raise ImportError(f"{name} is not to be imported")
sys.meta_path.insert(0, Refusing())
import bert_tf
answers = bert_tf.Answerer(sys.argv[1])(json.loads(sys.argv[2]))
assert "tensorflow" not in sys.modules
print(json.dumps(answers))
"""


def export(folder, settings=CLASSIFIER, **form):
  return runtime_export.export(
    tiny.CONFIG,
    str(exports_test.MRPC / "model.ckpt-40"),
    goldens.VOCAB,
    settings,
    runtime_settings.RuntimeSettings(**form),
    str(folder),
  )


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
  folder = tmp_path_factory.mktemp("exports")
  texts = folder / "texts.txt"
  texts.write_text("\n".join(TEXTS * 5) + "\n")
  forms = {
    "litert": {"format": "litert"},
    "dynamic": {"format": "litert", "quantize": "dynamic"},
    "int8": {
      "format": "litert",
      "quantize": "int8",
      "lengths": (16,),
      "calibration_file": str(texts),
    },
    "onnx": {"format": "onnx", "quantize": "dynamic"},
  }
  return {name: export(folder / name, **form) for name, form in forms.items()}


@pytest.mark.parametrize("name", ["litert", "onnx"])
def test_answers_need_no_tensorflow(exports, name):
  package = {"litert": "ai_edge_litert", "onnx": "onnxruntime"}[name]
  done = subprocess.run(
    [sys.executable, "-c", FRESH % package, exports[name], json.dumps(TEXTS)],
    capture_output=True,
    text=True,
    cwd=conftest.ROOT,
    check=False,
  )
  assert done.returncode == 0, done.stderr[-2000:]
  assert json.loads(done.stdout) == bert_tf.Answerer(exports[name])(TEXTS)


def test_quantized_models_are_near(exports):
  exact = bert_tf.Answerer(exports["litert"])(TEXTS)
  for name in ("dynamic", "int8", "onnx"):
    found = bert_tf.Answerer(exports[name])(TEXTS)
    for one, other in zip(exact, found, strict=True):
      assert one["label"] == other["label"]
      assert one["logits"] == pytest.approx(other["logits"], abs=0.2)
      assert one["logits"] != other["logits"]


def test_int8_computes_products_in_int8(exports):
  """And nothing else but what moves values."""
  interpreter = bert_tf.Answerer(exports["int8"])._run._interpreter
  dtypes = {x["index"]: x["dtype"] for x in interpreter.get_tensor_details()}
  kinds = collections.defaultdict(set)
  ops = interpreter._get_ops_details()
  for op in ops:
    kinds[op["op_name"]].add(dtypes.get(op["outputs"][0]))
  for name in ("FULLY_CONNECTED", "BATCH_MATMUL"):
    assert kinds[name] == {np.int8}
  # Of the words' table; and the last block's rows, which LayerNorm has made.
  gathers = [x["outputs"][0] for x in ops if x["op_name"] == "GATHER"]
  assert [dtypes[x] for x in gathers] == [np.int8, np.float32]
  for name in ("MEAN", "RSQRT", "SOFTMAX", "GELU", "ADD", "MUL"):
    assert kinds[name] == {np.float32}


def test_predict_takes_them(exports):
  done = subprocess.run(
    [*PREDICT, f"--saved_model={exports['litert']}"],
    input="\n".join(TEXTS),
    capture_output=True,
    text=True,
    cwd=conftest.ROOT,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  found = [json.loads(line) for line in done.stdout.splitlines()]
  assert found == bert_tf.Answerer(exports["litert"])(TEXTS)


@pytest.mark.parametrize("file", ["model.tflite", "vocab.txt", "export.json"])
def test_damage_is_found(exports, tmp_path, file):
  copy = shutil.copytree(exports["litert"], tmp_path / "1")
  data = bytearray((copy / file).read_bytes())
  data[len(data) // 2] ^= 1
  (copy / file).write_bytes(data)
  with pytest.raises(ValueError, match=f"{copy / file}: its SHA-256 is"):
    bert_tf.Answerer(tmp_path)


def test_no_export(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"model\.tflite or model\.onnx"):
    bert_tf.Answerer(tmp_path)


@pytest.mark.parametrize(
  ("form", "message"),
  [
    ({"format": "tflite"}, "saved_model, litert, onnx"),
    ({"format": "saved_model", "quantize": "int8"}, "expected none"),
    ({"format": "onnx", "quantize": "int8"}, "expected none or dynamic"),
    ({"format": "litert", "quantize": "int8"}, "give calibration_file"),
    ({"format": "litert", "calibration_file": "x"}, "for quantize='int8'"),
    ({"format": "onnx", "lengths": (8,)}, "takes any, found 8"),
    ({"format": "litert", "lengths": (2,)}, "at least 3"),
  ],
)
def test_flags_that_contradict_each_other(form, message):
  with pytest.raises(ValueError, match=message):
    runtime_settings.RuntimeSettings(**form)


def test_settings_that_a_format_does_not_have(tmp_path, exports):
  with pytest.raises(ValueError, match="beyond max_seq_length=32"):
    export(tmp_path, format="litert", lengths=(64,))
  bfloat16 = export_settings.ExportSettings("encoder", precision="bfloat16")
  with pytest.raises(ValueError, match="precision='bfloat16' is for format="):
    export(tmp_path, bfloat16, format="litert")
  padded = export_settings.ExportSettings("span", pad_windows=True)
  with pytest.raises(ValueError, match="pad_windows=True is for format="):
    export(tmp_path, padded, format="onnx")
  choices = export_settings.ExportSettings("multiple_choice")
  with pytest.raises(ValueError, match="model_type='multiple_choice' is for"):
    export(tmp_path, choices, format="onnx")
  other = exports["litert"].rpartition("/")[0]
  with pytest.raises(ValueError, match="/1 is a version in format='litert'"):
    export(other, format="onnx")


def test_the_newest_version_counts(exports, tmp_path):
  shutil.copytree(exports["litert"], tmp_path / "9")
  shutil.copytree(exports["onnx"], tmp_path / "10")
  assert bert_tf.Answerer(tmp_path).folder.format == "onnx"
  (tmp_path / "11").mkdir()
  (tmp_path / "11" / "saved_model.pb").touch()
  assert runtime_folder.find(str(tmp_path)) is None
  assert runtime_folder.find(str(tmp_path / "9")) == str(tmp_path / "9")


@pytest.mark.parametrize("name", ["ai_edge_litert", "onnxruntime"])
def test_a_package_that_is_missing(exports, monkeypatch, name):
  monkeypatch.setitem(sys.modules, name, None)
  monkeypatch.setitem(sys.modules, f"{name}.interpreter", None)
  extra = {"ai_edge_litert": "litert", "onnxruntime": "onnx"}[name]
  with pytest.raises(ImportError, match=rf"pip install 'bert_tf\[{extra}\]'"):
    bert_tf.Answerer(exports[extra])


def test_a_model_that_cannot_be_loaded(tmp_path):
  (tmp_path / "model").write_bytes(b"no model")
  for engine in (
    lambda path: engines.LitertEngine(path, [8]),
    engines.OnnxEngine,
  ):
    with pytest.raises(ValueError, match=f"{tmp_path}/model: .* cannot load"):
      engine(str(tmp_path / "model"))


class Strings(tf.Module):
  """A model with an op that no runtime has."""

  settings = export_settings.ExportSettings("regressor")
  id_inputs = model_inputs.NAMES
  weights = ()

  def from_ids(self, features):
    lengths = tf.strings.length(tf.strings.as_string(features["input_ids"]))
    return {"value": tf.cast(lengths, tf.float32)[:, 0]}


def test_an_op_that_a_runtime_does_not_have():
  with pytest.raises(
    RuntimeError, match=r"'litert': .*(AsString|StringLength)"
  ):
    conversion.litert(Strings(), [8], "none")


def test_calibration_with_texts_that_are_too_long():
  row = {name: np.ones([1, 16], np.int32) for name in model_inputs.NAMES}
  with pytest.raises(
    ValueError, match="no text of calibration_file fits into 8"
  ):
    conversion.litert(Strings(), [8, 16], "int8", [row])

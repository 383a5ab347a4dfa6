"""Exports for LiteRT and ONNX answer as the SavedModel does, kind by kind."""

import dataclasses

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.export import export_settings, exporter, model_types
from bert_tf.runtimes import (
  answerer,
  conversion,
  engines,
  runtime_export,
  runtime_folder,
  runtime_settings,
)
from bert_tf.system import json_values
from bert_tf.tasks.squad import reader as squad_reader
from bert_tf.text import text_lines
from tests.export import exports_test
from tests.models import tiny
from tests.tasks.squad import goldens

heads = exports_test.heads

LABELS = exports_test.LABELS
PAIRS = (
  ("The mill stood by the river.", "It was old."),
  ("naïve Zoë 雪が降る 🙂", None),
  ("", None),
  ("Who went to the mill in the rain? " * 5, "Nobody went to the mill. " * 4),
)
STORY = (
  "The lighthouse at Cape Wren was lit in 1871.\n Its keeper,  Ada Moran, "
  "wrote down every ship that passed: «Où va-t-elle ?» she asked of one. "
)
TEXTS = {
  "span": (
    ("When was the lighthouse lit?", STORY),
    ("Who asked?", STORY * 5),
    ("Why?", " "),
    ("Why?", None),
  ),
  "tagger": (*((text, None) for text, _ in PAIRS), ("mill " * 60, None)),
  "masked_lm": (
    ("The [MASK] sat on the [MASK].", "It was [MASK]."),
    ("No mask.", None),
    ("[MASK] " * 19, None),
  ),
}
TEXTS["pretrainer"] = TEXTS["masked_lm"]


def _settings(name, **changes):
  return export_settings.ExportSettings(
    name, **{"max_seq_length": 48} | changes
  )


SPAN = _settings("span", **exports_test.SPAN)
KINDS = {
  "encoder": _settings("encoder"),
  "sentence": _settings("sentence", normalize=True, pooling="mean_max"),
  "classifier": _settings("classifier", labels=("no", "yes")),
  "multilabel": _settings("multilabel", labels=LABELS),
  "regressor": _settings("regressor"),
  "span": SPAN,
  "tagger": _settings("tagger", labels=LABELS),
  "masked_lm": _settings("masked_lm"),
  "pretrainer": _settings("pretrainer"),
}
# Between them they have all ops of all kinds.
CONVERTED = ("sentence", "span", "tagger", "pretrainer")


@pytest.fixture(scope="module")
def checkpoints(heads):
  made = {
    "classifier": str(exports_test.MRPC / "model.ckpt-40"),
    "span": goldens.CHECKPOINTS["v2"],
  }
  return dict.fromkeys(KINDS, exports_test.TINY) | heads | made


class Case:
  """A model, its folder but for the model, and what its SavedModel answers."""

  def __init__(self, checkpoints, settings, path):
    kind = settings.model_type
    self.module, self.reference = exporter.make(
      tiny.CONFIG,
      checkpoints[kind],
      goldens.VOCAB,
      settings,
      conversion.MODE,
    )
    self.settings, self.path = settings, path
    self.lines = [text_lines.Line(*x) for x in TEXTS.get(kind, PAIRS)]
    self.serve = self.module.signatures()["serving_default"]

  def folder(self, form):
    path = self.path / form.format
    path.mkdir()
    told = dataclasses.asdict(self.settings) | self.reference.rules.to_dict()
    exporter.write_assets(
      str(path),
      tiny.CONFIG,
      goldens.VOCAB,
      told | runtime_export.told_of(form, self.settings),
    )
    return path

  def wanted(self):
    """What is answered to each text alone."""
    # A SavedModel of windows cannot answer a batch without words.
    windowed = self.settings.model_type in ("span", "tagger")
    other = ["a mill"] if windowed else []
    for line in self.lines:
      both = line.text_a, line.text_b or ""
      given = both[: len(self.module.text_inputs)]
      outputs = self.serve(*(tf.constant([text, *other]) for text in given))
      found = {k: json_values.plain(v.numpy()[0]) for k, v in outputs.items()}
      if "words" in found:  # without those that the other text has more
        count = len(line.text_a.split())
        found = {name: values[:count] for name, values in found.items()}
      yield found


def same(found, want, tolerance=1e-5):
  for name, value in want.items():
    if np.array(value).dtype.kind == "f":
      np.testing.assert_allclose(found[name], value, tolerance, tolerance)
    else:
      assert json_values.plain(found[name]) == value, name


def test_there_is_no_other_kind():
  assert set(KINDS) == set(conversion.OUTPUTS)
  assert set(KINDS) == set(model_types.KINDS) - {"multiple_choice"}


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_the_saved_model(kind, checkpoints, tmp_path):
  case = Case(checkpoints, KINDS[kind], tmp_path)
  wanted = list(case.wanted())
  onnx = runtime_settings.RuntimeSettings("onnx")
  path = case.folder(onnx)
  (path / "model.onnx").touch()
  found = list(
    answerer.answers(
      case.lines,
      runtime_folder.read(str(path)),
      conversion.LibraryEngine(case.module),
    )
  )
  for one, want in zip(found, wanted, strict=True):
    assert one.keys() == want.keys()
    same(one, want)
  if kind not in CONVERTED:
    return
  runtime_export.write_model(case.module, onnx, str(path))
  litert = runtime_settings.RuntimeSettings("litert", lengths=(24,))
  other = case.folder(litert)
  runtime_export.write_model(case.module, litert, str(other))
  for folder in path, other:
    answers = bert_tf.Answerer(folder)(TEXTS.get(kind, PAIRS))
    for one, want in zip(answers, wanted, strict=True):
      assert one.keys() - {"text", "text_pair"} == want.keys()
      same(one, want)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_onnx_takes_any_shape(kind, checkpoints, tmp_path):
  """Its outputs are those of the SavedModel's signature of ids."""
  module = Case(checkpoints, KINDS[kind], tmp_path).module
  session = onnxruntime.InferenceSession(
    conversion.onnx(module, "none"), providers=["CPUExecutionProvider"]
  )
  random = np.random.default_rng(5)
  for rows, length in ((1, 5), (3, 17), (2, 48)):
    real = np.arange(length) < random.integers(2, length + 1, [rows, 1])
    given = {
      "input_ids": random.integers(5, 60, [rows, length]) * real,
      "input_mask": real,
      "segment_ids": random.integers(0, 2, [rows, length]) * real,
      "masked_lm_positions": np.zeros([rows, 2]),
    }
    given = {name: given[name].astype(np.int32) for name in module.id_inputs}
    want = module.from_ids({k: tf.constant(v) for k, v in given.items()})
    found = session.run(list(conversion.OUTPUTS[kind]), given)
    for (name, is_of_tokens), value in zip(
      conversion.OUTPUTS[kind].items(), found, strict=True
    ):
      chosen = real if is_of_tokens else ...
      wanted = want[name].numpy()
      assert value.shape == wanted.shape
      np.testing.assert_allclose(value[chosen], wanted[chosen], 1e-5, 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CONVERTED)
def test_int8_of_every_kind(kind, checkpoints, tmp_path):
  case = Case(checkpoints, KINDS[kind], tmp_path)
  path = case.folder(runtime_settings.RuntimeSettings("litert"))
  (path / "model.tflite").touch()
  library = conversion.LibraryEngine(case.module)
  folder = runtime_folder.read(str(path))
  inputs = list(runtime_export._inputs(case.lines, folder, library))
  length = folder.settings.max_seq_length
  model = conversion.litert(case.module, [length], "int8", inputs)
  run = engines.LitertEngine(model, [length])
  for given in inputs:
    count = int(given[engines.MASK].sum())
    want, found = (
      conversion.cut(next(iter(engine(given))), kind, count)
      for engine in (library, run)
    )
    for name, value in want.items():
      lost = np.linalg.norm(found[name] - value) / np.linalg.norm(value)
      assert 0 < lost < 0.15, name


@pytest.mark.parametrize("alignment", ["original", "offsets"])
def test_no_answer_and_places(alignment, checkpoints, tmp_path):
  settings = dataclasses.replace(
    SPAN,
    answer_alignment=alignment,
    version_2_with_negative=True,
    null_score_diff_threshold=-0.0617,
  )
  case = Case(checkpoints, settings, tmp_path)
  case.lines = [
    text_lines.Line(x.question, x.context.text)
    for x in squad_reader.read_for_prediction(goldens.SQUAD / "v2.json")
  ]
  path = case.folder(runtime_settings.RuntimeSettings("onnx"))
  (path / "model.onnx").touch()
  found = answerer.answers(
    case.lines,
    runtime_folder.read(str(path)),
    conversion.LibraryEngine(case.module),
  )
  found = list(found)
  for line, one, want in zip(case.lines, found, case.wanted(), strict=True):
    same(one, want, 1e-4)
    part = line.text_b[one["start"] : one["end"]] if one["answer"] else ""
    assert part.split() == one["answer"].split()
  assert {bool(one["answer"]) for one in found} == {True, False}

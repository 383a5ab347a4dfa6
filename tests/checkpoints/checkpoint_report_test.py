"""What checkpoints hold, and what tells two apart."""

import dataclasses
import json

import numpy as np

from bert_tf.checkpoints import (
  checkpoint_reader,
  checkpoint_report,
  formats,
  saver,
)
from tests.checkpoints import made_up


def write(model, folder, form="google"):
  formats.write(model, form, str(folder))
  return str(folder)


def with_tensors(model, **tensors):
  return dataclasses.replace(model, tensors=dict(model.tensors) | tensors)


def test_heads_parameters_and_state(tmp_path):
  model = made_up.model(["masked_lm", "classifier"])
  state = {
    "output_bias/adam_m": np.ones(3, np.float32),
    "global_step": np.int64(7),
  }
  folder = write(with_tensors(model, **state), tmp_path / "google")
  found = checkpoint_report.inspect(folder)
  assert found.form == "google"
  assert found.heads == ("masked_lm", "classifier")
  assert set(found.training_state) == set(state)
  assert found.tensors["output_weights"] == ((3, 8), "float32")
  counted = sum(value.size for value in model.tensors.values())
  assert found.parameters() == counted
  assert found.config.vocab_size == 20
  assert found.problem is None
  assert f"{len(model.tensors)} tensors, {counted:,} numbers" in found.lines()
  assert "optimizer's state: 2 entries" in found.lines()


def test_configuration_that_is_of_another_model(tmp_path):
  folder = write(made_up.model(), tmp_path / "google")
  wrong = dataclasses.replace(
    made_up.CONFIG, intermediate_size=16, num_hidden_layers=3
  )
  path = tmp_path / "google" / "bert_config.json"
  path.write_text(wrong.to_json_string())
  problem = checkpoint_report.inspect(folder).problem
  assert "intermediate_size is 16, the variables have 12" in problem
  assert "num_hidden_layers is 3, the variables have 2" in problem
  path.write_text("{")
  assert "not a JSON file" in checkpoint_report.inspect(folder).problem


def test_configuration_told_by_the_shapes(testdata, tmp_path):
  """Of a checkpoint that has none beside it."""
  source = checkpoint_reader.Reader(testdata / "tiny" / "bert_model.ckpt")
  saver.save(
    {name: source.read(name) for name in source.shapes},
    str(tmp_path / "bert_model.ckpt"),
  )
  found = checkpoint_report.inspect(str(tmp_path))
  assert found.config is None
  assert "no bert_config.json" in found.problem
  given = checkpoint_reader.find_config(source.prefix).to_dict()
  assert len(found.told) == 6
  assert found.told == {key: given[key] for key in found.told}
  assert "  shapes tell: hidden_size: 32" in found.lines()
  assert "  shapes do not tell: num_attention_heads" in found.lines()


def test_not_a_bert(tmp_path):
  saver.save({"w": np.ones(3, np.float32)}, str(tmp_path / "m.ckpt"))
  found = checkpoint_report.inspect(str(tmp_path))
  assert "not a BERT" in found.problem
  assert found.parameters() == 3


def test_same_in_two_forms(tmp_path):
  model = made_up.model(["span"])
  one = write(model, tmp_path / "one")
  two = write(model, tmp_path / "two", "huggingface")
  found = checkpoint_report.compare(one, two)
  assert found.equal
  assert json.loads(json.dumps(found.to_dict()))["equal"]


def test_every_kind_of_difference(tmp_path):
  model = made_up.model(["span"])
  nan = np.array(model.tensors["bert/pooler/dense/bias"])
  nan[2] = np.nan
  one = write(
    with_tensors(model, first=np.ones(1), **{"bert/pooler/dense/bias": nan}),
    tmp_path / "one",
  )
  moved = model.tensors["bert/embeddings/LayerNorm/beta"] - np.float32(0.25)
  others = {
    "second": np.ones(1),
    "cls/squad/output_bias": np.zeros(3, np.float32),
    "bert/embeddings/LayerNorm/beta": moved,
  }
  two = write(with_tensors(model, **others), tmp_path / "two")
  found = checkpoint_report.compare(one, two)
  assert not found.equal
  assert found.only_first == ("first",)
  assert found.only_second == ("second",)
  assert found.shapes == {"cls/squad/output_bias": ((2,), (3,))}
  assert set(found.changed) == {
    "bert/embeddings/LayerNorm/beta", "bert/pooler/dense/bias"
  }  # fmt: skip
  np.testing.assert_allclose(
    found.changed["bert/embeddings/LayerNorm/beta"], 0.25, rtol=1e-5
  )
  assert np.isnan(found.changed["bert/pooler/dense/bias"])
  assert found.lines()[-1].endswith("1 only in the first, 1 only in the second")
  assert "bert/pooler/dense/bias: differs by up to nan" in found.lines()
  both = checkpoint_report.compare(
    one,
    write(
      with_tensors(model, **{"bert/pooler/dense/bias": nan + 1}),
      tmp_path / "three",
    ),
  )  # NaN at one place hides nothing that differs at others
  np.testing.assert_allclose(
    both.changed["bert/pooler/dense/bias"], 1, rtol=1e-5
  )
  same = checkpoint_report.compare(
    one, one
  )  # NaN at one place is no difference
  assert same.equal

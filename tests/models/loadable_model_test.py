"""`from_checkpoint`: models that import no checkpoints load them."""

import os
import subprocess
import sys
import types

import numpy as np
import pytest

import bert_tf
from bert_tf.checkpoints import checkpoint_reader
from bert_tf.models import bert_model, loadable_model
from tests import conftest
from tests.models import tiny


def run(code):
  done = subprocess.run(
    [sys.executable, "-c", code],
    cwd=conftest.ROOT,
    env={**os.environ, "CHECKPOINT": str(tiny.FOLDER / "bert_model.ckpt")},
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout.split()


def test_the_class_and_its_module_load_alike():
  wanted = checkpoint_reader.Reader(tiny.FOLDER / "bert_model.ckpt")
  kernel = "bert/pooler/dense/kernel"
  for model_class in (bert_tf.BertModel, bert_model.BertModel):
    model = model_class.from_checkpoint(tiny.FOLDER)
    np.testing.assert_array_equal(
      model.pooler.dense.kernel, wanted.read(kernel)
    )


def test_the_module_alone_is_enough():
  code = (
    "import os; from bert_tf.models import bert_model; import sys; "
    "print('bert_tf.checkpoints.loader' in sys.modules); "
    "bert_model.BertModel.from_checkpoint(os.environ['CHECKPOINT']); "
    "print('bert_tf.checkpoints.loader' in sys.modules)"
  )
  assert run(code) == ["False", "True"]


def test_the_hook_needs_no_tensorflow():
  code = (
    "import sys, bert_tf; from bert_tf.models import loadable_model; "
    "print('tensorflow' in sys.modules, 'tf_keras' in sys.modules)"
  )
  assert run(code) == ["False", "False"]


def test_another_loader(monkeypatch):
  class Model(loadable_model.LoadableModel):
    pass

  monkeypatch.setattr(loadable_model, "_loaders", [])
  with pytest.raises(RuntimeError, match=r"no checkpoint loader.*import bert_"):
    Model.from_checkpoint("x")
  loadable_model.set_loader(
    lambda *args, **kwargs: types.SimpleNamespace(args=args, kwargs=kwargs)
  )
  made = Model.from_checkpoint("x", outputs=2)
  assert made.args == (Model, "x")
  assert made.kwargs == {"outputs": 2}

"""Any Keras optimizer is registered, checkpointed and resumed bit for bit."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import keras
from bert_tf.checkpoints import checkpoint_reader, variable_names
from bert_tf.training import optimizer_adapters, optimizers, run_checkpoints
from tests import needs

keras_optimizers = keras.optimizers
STEPS, STOP = 8, 3
SHAPES = {"dense/kernel": [3, 4], "dense/bias": [4], "table": [5, 3]}

# What a program may register, with the slots and single variables of each.
OTHERS = {
  "keras_adamw": (
    lambda rate: keras_optimizers.AdamW(rate, amsgrad=True),
    {"momentums", "velocities", "velocity_hats"},
    set(),
  ),
  "nadam": (
    keras_optimizers.Nadam,
    {"momentums", "velocities"},
    {"u_product"},
  ),
  "rmsprop": (
    lambda rate: keras_optimizers.RMSprop(rate, momentum=0.9, centered=True),
    {"velocities", "momentums", "average_gradients"},
    set(),
  ),
  "sgd": (
    lambda rate: keras_optimizers.SGD(rate, momentum=0.9, nesterov=True),
    {"momentums"},
    set(),
  ),
  "constant_rate": (
    lambda rate: keras_optimizers.Adamax(0.01),
    {"m", "u"},
    {"learning_rate"},
  ),
  "averaged": (
    lambda rate: keras_optimizers.Adagrad(rate, use_ema=True, ema_momentum=0.5),
    {"accumulators", "model_variables_moving_average"},
    set(),
  ),
  "ftrl": (keras_optimizers.Ftrl, {"accumulators", "linears"}, set()),
  "legacy_adam": (
    lambda rate: keras.legacy_optimizers.Adam(rate, amsgrad=True),
    {"m", "v", "vhat"},
    set(),
  ),
  "legacy_nadam": (
    lambda rate: keras.legacy_optimizers.Nadam(0.01),
    {"m", "v"},
    {"momentum_cache"},
  ),
}
OURS = {
  "adamw": ({"adam_m", "adam_v"}, set()),
  "adamw_bias_corrected": ({"adam_m", "adam_v"}, set()),
  "lamb": ({"adam_m", "adam_v"}, set()),
  "lion": ({"momentums"}, set()),
  "adafactor": ({"r", "c", "v"}, set()),
}
ALL = OURS | {name: names for name, (_, *names) in OTHERS.items()}


@pytest.fixture(autouse=True)
def others():
  for name, (make, *_) in OTHERS.items():
    optimizers.register(name, make)
  yield
  for name in OTHERS:
    del optimizers.OPTIMIZERS[name]


def test_all_that_are_offered_are_tested():
  assert set(optimizers.OPTIMIZERS) == set(ALL)


class Run:
  """A training of three variables on made-up gradients, as the loop does it."""

  def __init__(self, folder, name, loss_scaling=False):
    needs.optimizer(name)
    rng = np.random.default_rng(1)
    self.variables = [
      tf.Variable(rng.normal(size=shape), name=name, dtype=tf.float32)
      for name, shape in SHAPES.items()
    ]
    settings = optimizers.OptimizerSettings(name, 0.05, STEPS, 0)
    opt = optimizers.Optimizer(settings, self.variables, loss_scaling)
    self.state = variable_names.by_name(self.variables) | opt.state()
    self.checkpoints = run_checkpoints.Checkpoints(str(folder), self.state)
    gradients = [
      tf.constant(rng.normal(size=[STEPS, *shape]), tf.float32)
      for shape in SHAPES.values()
    ]

    @tf.function
    def step():
      index = opt.step.read_value()
      opt.apply([opt.scale(gradient[index]) for gradient in gradients])

    self._step, self._opt = step, opt

  def train(self, last):
    while int(self._opt.step) < last:
      self._step()
    self.checkpoints.save(last)

  def values(self):
    return {name: v.numpy() for name, v in self.state.items()}


@pytest.mark.parametrize("name", ALL)
def test_resumed_bit_for_bit(tmp_path, name):
  whole, first, second = (Run(tmp_path / x, name) for x in ("a", "b", "b"))
  start = whole.variables[0].numpy()
  whole.train(STEPS)
  first.train(STOP)
  assert second.checkpoints.restore() == STOP
  second.train(STEPS)
  wanted, found = whole.values(), second.values()
  assert set(found) == set(wanted)
  for key, value in wanted.items():
    np.testing.assert_array_equal(found[key], value, err_msg=key)
  assert np.isfinite(wanted["dense/kernel"]).all()
  assert np.abs(wanted["dense/kernel"] - start).max() > 1e-3


@pytest.mark.parametrize("name", ALL)
def test_names_are_the_variables_and_the_optimizer_s_own(tmp_path, name):
  """However many optimizers were made before in the process."""
  slots, single = ALL[name]
  run = Run(tmp_path, name)
  run.train(STOP)
  wanted = set(SHAPES) | {"global_step"}
  wanted |= {f"{variable}/{slot}" for variable in SHAPES for slot in slots}
  wanted |= {f"bert_tf/state/{attribute}" for attribute in single}
  if name != "adamw":
    wanted.add(f"bert_tf/optimizer_{name}")
  reader = checkpoint_reader.Reader(tmp_path)
  assert set(reader.shapes) == set(run.state) == wanted
  state = variable_names.training_state(reader.shapes)
  assert state == wanted - set(SHAPES)
  assert reader.read("global_step") == STOP


@pytest.mark.parametrize("name", ALL)
def test_loss_scaling(tmp_path, name):
  """Steps are as without, as powers of two scale exactly; it resumes too."""
  plain, scaled = Run(tmp_path / "a", name), Run(tmp_path / "b", name, True)
  plain.train(STOP)
  scaled.train(STOP)
  for one, other in zip(plain.variables, scaled.variables, strict=True):
    np.testing.assert_allclose(one, other, rtol=1e-6)
  assert scaled.values()["bert_tf/loss_scale_good_steps"] == STOP
  again = Run(tmp_path / "b", name, True)
  assert again.checkpoints.restore() == STOP
  for key, value in scaled.values().items():
    np.testing.assert_array_equal(again.values()[key], value, err_msg=key)


def test_a_run_is_not_resumed_by_another_optimizer(tmp_path):
  Run(tmp_path, "lion").train(STOP)
  with pytest.raises(
    ValueError, match=r"another optimizer \(lion\) than this run's \(sgd\)"
  ):
    Run(tmp_path, "sgd").checkpoints.restore()


def test_all_of_an_optimizer_s_state_has_to_be_there(tmp_path):
  """Unlike a loss scale, which may be new."""
  run = Run(tmp_path, "nadam")
  product = run.state.pop("bert_tf/state/u_product")
  run_checkpoints.Checkpoints(str(tmp_path), run.state).save(1)
  run.state["bert_tf/state/u_product"] = product
  again = run_checkpoints.Checkpoints(str(tmp_path), run.state)
  with pytest.raises(ValueError, match=r"not in the checkpoint: .*u_product"):
    again.restore()


class Hiding(keras_optimizers.SGD):
  """Keeps variables in a dictionary, whose keys Keras numbers."""

  def build(self, var_list):
    super().build(var_list)
    self.hidden = {v._unique_id: tf.Variable(0.0, name="x") for v in var_list}


def test_what_has_no_name_is_an_error_before_anything_is_trained():
  adapter = optimizer_adapters.adapt(Hiding(0.1), {})
  with pytest.raises(
    ValueError, match=r"Hiding keeps the variable 'x:0'.*OptimizerAdapter"
  ):
    adapter.build([tf.Variable([1.0], name="a")])


class Naming(optimizer_adapters.OptimizerAdapter):
  """An adapter that a program brings along."""

  def __init__(self, optimizer):
    self.optimizer = optimizer

  def build(self, variables):
    self.optimizer.build(variables)
    hidden = self.optimizer.hidden.values()
    return {
      "global_step": self.optimizer.iterations,
      **{f"{v.name}/x": x for v, x in zip(variables, hidden, strict=True)},
    }


def test_an_adapter_is_taken_as_it_is():
  adapter = Naming(Hiding(0.1))
  assert optimizer_adapters.adapt(adapter, {}) is adapter


def test_slots_of_one_name():
  with pytest.raises(
    ValueError, match=r"RMSprop keeps two .*'a/x'.*slot_names"
  ):
    optimizer_adapters.adapt(
      keras_optimizers.RMSprop(0.1, momentum=0.9),
      {"velocities": "x", "momentums": "x"},
    ).build([tf.Variable([1.0], name="a")])


def test_no_optimizer():
  with pytest.raises(TypeError, match=r"builtins.int is neither an optimizer"):
    optimizer_adapters.adapt(3, {})


@pytest.mark.parametrize(
  "name, message", [("lion", "'lion' already"), ("a/b", "expected letters")]
)
def test_names_that_cannot_be_registered(name, message):
  with pytest.raises(ValueError, match=message):
    optimizers.register(name, keras_optimizers.SGD)


def test_under_a_strategy(tmp_path):
  """Under a strategy variables are wrapped, and saved as they are."""
  with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
    run = Run(tmp_path, "adafactor")
  run.checkpoints.save(0)
  reader = checkpoint_reader.Reader(tmp_path)
  assert reader.shapes["table/r"] == (5,)
  assert reader.shapes["table/c"] == (3,)

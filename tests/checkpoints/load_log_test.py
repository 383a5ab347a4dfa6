from absl import logging

from bert_tf.checkpoints import load_log, loader


def logged(caplog, report, level):
  caplog.set_level(level)
  logging.set_verbosity(logging.DEBUG if level < 20 else logging.INFO)
  load_log.log("a", report)
  return [record.getMessage() for record in caplog.records]


def test_one_line_says_what_is_new(caplog):
  report = loader.LoadReport(
    loaded={"x": (2,), "y": (1, 2)},
    missing=tuple(f"new_{i}" for i in range(8)),
    unused=("extra",),
    training_state=2,
  )
  line = (
    "a: loaded 2 variables; new: new_0, new_1, new_2, new_3, new_4, new_5 and "
    "2 more; not used: 1 other variables, 2 optimizer entries"
  )
  assert logged(caplog, report, 20) == [line]
  caplog.clear()
  assert len(logged(caplog, report, 10)) == 2 + 1 + 8 + 1 + 1 + 1
  logging.set_verbosity(logging.WARNING)


def test_all_is_loaded(caplog):
  report = loader.LoadReport({"x": (2,)}, (), (), 0)
  assert logged(caplog, report, 20) == ["a: loaded 1 variables"]
  logging.set_verbosity(logging.WARNING)

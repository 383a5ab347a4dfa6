"""What is served, and by which name."""

import pytest

from bert_tf.serving import load_generator, model_sources, server_settings


@pytest.mark.parametrize(
  ("values", "found"),
  [
    (["models/mrpc"], [("mrpc", "models/mrpc")]),
    (["models/mrpc/3/"], [("mrpc", "models/mrpc/3")]),
    (["a=x/y,b=z"], [("a", "x/y"), ("b", "z")]),
    (["x/a=b"], None),
    (["a=x", "q/a"], None),
    ([""], None),
    (["a b=x"], None),
  ],
)
def test_names_and_folders(values, found):
  if found is None:
    with pytest.raises(ValueError, match="--saved_model"):
      model_sources.parse(values)
  else:
    sources = model_sources.parse(values)
    assert [(x.name, x.folder) for x in sources] == found


def test_versions_are_numbers_with_a_saved_model(tmp_path):
  for name in ("1", "12", "\u00b2", "latest", "3"):
    (tmp_path / name).mkdir()
    if name != "3":
      (tmp_path / name / "saved_model.pb").touch()
  source = model_sources.ModelSource("a", str(tmp_path))
  assert source.versions() == {
    1: str(tmp_path / "1"),
    12: str(tmp_path / "12"),
  }
  before = source.fingerprint(12)
  (tmp_path / "12" / "more").write_text("x")
  assert source.fingerprint(12) != before
  one = model_sources.ModelSource("a", str(tmp_path / "12"))
  assert list(one.versions()) == [12]


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"max_queue": 0}, "max_queue=0 is not above 0"),
    ({"port": 70000}, "port=70000 is no port"),
    ({"max_queue": 10}, "max_request_texts=256 is above max_queue=10"),
    ({"drain_seconds": -1}, "drain_seconds=-1 is below 0"),
  ],
)
def test_settings_of_servers(changes, message):
  with pytest.raises(ValueError, match=message):
    server_settings.ServerSettings(**changes)


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"url": "http://192.0.2.1/v1/models/a"}, "--allow_remote"),
    ({"url": "127.0.0.1:8501"}, "expected http://HOST"),
    ({"url": "http://127.0.0.1/v1/models/a:predict"}, "expected http://HOST"),
    ({"clients": 257}, "expected 1 to 256"),
    ({"seconds": 3601}, "at most 3600"),
    ({"rate": -1}, "below 0"),
  ],
)
def test_settings_of_load(changes, message):
  told = {"url": "http://127.0.0.1:1/v1/models/a"} | changes
  with pytest.raises(ValueError, match=message):
    load_generator.LoadSettings(**told)

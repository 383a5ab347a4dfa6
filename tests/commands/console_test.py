"""The console command: its list, its errors, completion, nothing imported."""

import re
import shutil
import subprocess

import pytest

import bert_tf
from bert_tf.commands import console
from tests.commands import running
from tests.conftest import ROOT

HEAVY = ("tensorflow", "tf_keras", "numba", "scipy", "sklearn", "matplotlib")


def bert(*arguments):
  return running.alone("-m", "bert_tf", *arguments)


def test_bare_it_lists_the_commands():
  done = bert()
  assert (done.returncode, done.stderr) == (0, "")
  scripts = {path.stem for path in (ROOT / "tools").glob("[a-z]*.py")}
  assert set(console.commands()) == scripts
  for name, doc in console.commands().items():
    assert re.search(rf"^  {name} +{re.escape(doc)}$", done.stdout, re.M)
    assert doc.endswith(".")


def test_unknown_command():
  done = bert("run_clasifier")
  running.assert_plain_error(done)
  assert done.stderr == (
    "bert_tf: no command 'run_clasifier'; did you mean run_classifier? "
    "`bert_tf` lists all\n"
  )


def test_version():
  done = bert("--version")
  assert (done.returncode, done.stdout) == (
    0,
    f"bert_tf {bert_tf.__version__}\n",
  )


def test_a_command_runs_and_goes_by_its_name():
  done = bert("split_squad", "--input_file=nowhere", "--train_file=a")
  running.assert_plain_error(done)
  assert done.stderr == (
    "split_squad: --predict_file must have a value other than None "
    "(--help lists the flags)\n"
  )


def test_flags_need_nothing_heavy():
  """All commands' flags are defined without TensorFlow, numba or SciPy."""
  code = (
    "import sys; from bert_tf.commands import completion, console; "
    "completion.script('bash', console.commands()); "
    f"print([x for x in {HEAVY} if x in sys.modules])"
  )
  done = running.alone("-c", code)
  assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
  ("flags", "message"),
  [
    (["--help"], None),
    (["--lerning_rate=1"], "Did you mean: learning_rate"),
    (["--do_train", "True"], "unknown arguments: True"),
    (["--strategy=all"], "value should be one of"),
    (["--bert_config_file=nowhere.json"], "nowhere.json"),
    (["--learning_rate=-1"], "learning_rate=-1.0 is below 0"),
  ],
)
def test_errors_come_before_tensorflow(flags, message, testdata):
  needed = {
    "data_dir": "x",
    "output_dir": "x",
    "vocab_file": "x",
    "task_name": "mrpc",
    "bert_config_file": testdata / "tiny" / "bert_config.json",
  }
  argv = ["run_classifier", *running.as_flags(needed), "--do_train", *flags]
  code = f"""
import sys
sys.argv = {argv}
from bert_tf.commands import command_line
try:
  command_line.run_command("run_classifier")
finally:
  assert "tensorflow" not in sys.modules
"""
  done = running.alone("-c", code)
  if message is None:
    assert (done.returncode, done.stderr) == (0, "")
  else:
    running.assert_plain_error(done, message)
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def script():
  """Made in a process of its own, as the flags of two commands meet."""
  done = bert("completion", "bash")
  assert done.returncode == 0, done.stderr
  return done.stdout


@pytest.mark.parametrize(
  ("words", "expected"),
  [
    (["run_cl"], ["run_classifier", "run_classifier_with_tfhub"]),
    (["run_squad", "--doc"], ["--doc_stride="]),
    (["run_squad", "--do_t"], ["--do_train"]),
    (["run_tagger", "--optimizer", "=", "la"], ["lamb"]),
    (
      ["run_tagger", "--precision", "="],
      "float32 mixed_bfloat16 mixed_float16",
    ),
    (["run_tagger", "--optimizer=la"], ["--optimizer=lamb"]),  # zsh
    (["run_tagger", "--data_dir", "=", "x"], []),  # files, by default
    (["completion", "z"], ["zsh"]),
  ],
)
def test_bash_completes(script, words, expected):
  words = ["bert_tf", *words]
  program = (
    f"{script}\nCOMP_WORDS=({' '.join(map(repr, words))})\n"
    f"COMP_CWORD={len(words) - 1}\n_bert_tf\n"
    'printf "%s\\n" "${COMPREPLY[@]}"'
  )
  done = subprocess.run(
    ["bash", "-c", program], capture_output=True, text=True, check=True
  )
  if isinstance(expected, str):
    expected = expected.split()
  assert done.stdout.split() == expected


def test_zsh_has_the_same_by_its_bridge(script):
  done = bert("completion", "zsh")
  assert done.returncode == 0
  assert done.stdout.endswith(script)
  assert "bashcompinit" in done.stdout.splitlines()[0]
  if shutil.which("zsh"):
    subprocess.run(["zsh", "-nc", done.stdout], check=True)


def test_completion_for_another_shell():
  running.assert_plain_error(bert("completion", "fish"), "bash|zsh")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_of_completion(flag):
  done = running.alone("-m", "bert_tf", "completion", flag)
  assert done.returncode == 0, done.stderr
  assert "source <(bert_tf completion bash)" in done.stdout

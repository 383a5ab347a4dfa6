#!/usr/bin/env bash
# Builds wheel and sdist, installs the wheel into an environment of its own
# and works with it from another folder, without the checkout.
#
# The packages that bert_tf needs are those of .venv, seen by a .pth file: what
# is tested is what the wheel holds, not the download of TensorFlow.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
python=${1:-$root/.venv/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { echo "installed: $*"; }
fail() { echo "installed: $*" >&2; exit 1; }

# A copy of what git knows, so that nothing is left behind in the checkout.
mkdir "$work/source"
git ls-files -z | xargs -0 cp --parents --target-directory="$work/source"
cd "$work"
"$python" -m venv builder
builder/bin/pip install --quiet build
builder/bin/python -m build --outdir dist source >log || fail "$(cat log)"
ls dist/bert_tf-*.tar.gz dist/bert_tf-*.whl

"$python" -m venv env
"$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
  >"$(echo env/lib/python3.*/site-packages)/base.pth"
ls env/lib/python3.*/site-packages >before
env/bin/pip install --quiet --no-deps --no-index dist/bert_tf-*.whl
ls env/lib/python3.*/site-packages >after
new=$(comm -13 before after | grep -v '\.dist-info$')
[ "$new" = bert_tf ] || fail "expected one new top-level name, found: $new"
say "site-packages has one new top-level name: $new"

# Works with the package of an environment: runs, trains, exports, predicts.
use() {
  local place model
  export PATH=$1/bin:$old_path
  mkdir "$1/elsewhere"
  cd "$1/elsewhere"
  place=$(python -c 'import bert_tf; print(bert_tf.__file__)')
  [[ $place == "$1"/* ]] || fail "imported $place"
  bert_tf | grep run_classifier >/dev/null
  bert_tf --version | grep >/dev/null "$(python -c '
import importlib.metadata
print(importlib.metadata.version("bert_tf"))')"
  python -m bert_tf completion bash | bash -n

  say quickstart
  bert_tf quickstart --output_dir=quick --num_train_steps=20 --dupe_factor=2
  model="--bert_config_file=quick/bert_config.json --vocab_file=quick/vocab.txt"
  mkdir data
  for part in train dev; do
    printf 'text\tlabel\na fine day\tgood\na dull day\tbad\n%.0s' 1 \
      >data/$part.tsv
  done
  say fine-tuning
  bert_tf run_classifier --task_name=tsv --data_dir=data --output_dir=tuned \
    $model --init_checkpoint=quick/model --do_train --do_eval \
    --max_seq_length=16 --train_batch_size=2 --num_train_epochs=2
  say export and predict
  bert_tf export_saved_model --model_type=classifier --init_checkpoint=tuned \
    $model --export_dir=exported --max_seq_length=16
  echo "a fine day" | bert_tf predict --saved_model=exported >answers
  grep -q '"label"' answers || fail "no answer: $(cat answers)"
}

old_path=$PATH
use "$work/env"

say "mypy on a user's file"
cat >own.py <<'PYTHON'
import bert_tf
from bert_tf import bert_config

config: bert_config.BertConfig = bert_config.BertConfig(vocab_size=10)
wrong: str = config.vocab_size
reveal_type(bert_tf.__version__)
PYTHON
"$python" -m mypy --python-executable="$(command -v python)" \
  --ignore-missing-imports --follow-imports=silent own.py >types || true
grep -q 'own.py:5: error: Incompatible types' types || fail "$(cat types)"
grep -q 'Revealed type is "builtins.str"\|Revealed type is "str"' types ||
  fail "$(cat types)"
! grep -q 'py.typed\|missing library stubs' types || fail "$(cat types)"
say "a bare environment, with the lowest versions that pyproject.toml allows"
"$python" -m venv "$work/lowest"
"$python" "$root/.ci/lowest.py" >"$work/lowest.txt"
"$work/lowest/bin/pip" install --quiet --requirement "$work/lowest.txt" \
  "$work"/dist/bert_tf-*.whl
use "$work/lowest"
say passed

# `make quickstart` and `make test` need only Python 3.11 on the PATH.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: quickstart test check format bazel installed fuzz faults docs clean

.venv/.ready: requirements.txt requirements-dev.txt requirements-docs.txt requirements-data.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps --requirement requirements-data.txt
	touch $@

quickstart: .venv/.ready
	$(BIN)/python -m tools.quickstart

test: .venv/.ready
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --durations=40

# Kills, signals, full disks, damage: docs/reliability.md.
faults: .venv/.ready
	$(BIN)/python -m tests.faults

# Builds the wheel, and works with it from another folder.
installed: .venv/.ready
	.ci/installed.sh $(CURDIR)/$(BIN)/python

# Two minutes for each reader and rule; `make fuzz SECONDS=10` is shorter.
SECONDS ?= 120
fuzz: .venv/.ready
	$(BIN)/python -m tests.fuzz $(SECONDS)

# Builds docs/ and the API reference into build/site; a broken link fails.
docs: .venv/.ready
	PYTHONPATH=. NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

check: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Builds everything and runs the quick tests with Debian's Bazel: docs/bazel.md.
bazel: .venv/.ready
	@if command -v bazel-4 >/dev/null && test -d /usr/share/bazel/rules/java \
	    -a -d /usr/share/bazel/tools/platforms; then \
	  PATH="$(CURDIR)/$(BIN):$$PATH" \
	    bazel-4 --batch test --test_tag_filters=quick //:all; \
	else \
	  echo "Bazel not run: it needs bazel-bootstrap, bazel-rules-java and" \
	    "bazel-platforms of Debian (docs/bazel.md)"; \
	fi
	@if command -v npx >/dev/null; then \
	  npx --yes @bazel/buildifier@8.2.1 -mode=check -lint=warn -warnings=all \
	    BUILD MODULE.bazel WORKSPACE $$(find tests/offline_bazel -type f); \
	else \
	  echo "buildifier not run: it needs npx of Node.js (docs/bazel.md)"; \
	fi

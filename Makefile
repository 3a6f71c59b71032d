# `make demo` shows the desk on port 8000, `make test` checks everything. Both make what they need in .venv.

PYTHON ?= python3
PORT ?= 8000
UV ?= uv

PY := .venv/bin/python
# The keys that the settings ask for, and nothing of this shell's own settings: see tests/environment.py.
IN_TESTS := $(PY) tests/environment.py
PYTEST := $(PY) -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal
COMPILE := pip compile pyproject.toml --universal --python-version=3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --custom-compile-command='make requirements'

.PHONY: demo demo-splynx test checks lint templates types floors migrations test-sqlite test-postgres browser \
	proof format environment requirements clean

demo: .venv/.run
	@$(PY) manage.py demo
	@$(PY) manage.py collectstatic --noinput --verbosity=0
	@echo "The desk is open at http://127.0.0.1:$(PORT)/ (Ctrl-C closes it)."
	@PORT=$(PORT) exec .venv/bin/gunicorn --config cashdesk/gunicorn.py cashdesk.wsgi

# The same desk plugged into a fake Splynx on this machine, with the programs that pull and deliver.
SPLYNX_PORT ?= 8090
demo-splynx: export DATABASE_URL = sqlite:///$(CURDIR)/demo-splynx.sqlite3
demo-splynx: export CASHDESK_BILLING = splynx
demo-splynx: export CASHDESK_SPLYNX_URL = http://127.0.0.1:$(SPLYNX_PORT)
demo-splynx: export CASHDESK_SPLYNX_KEY = fake-splynx-key
demo-splynx: export CASHDESK_SPLYNX_SECRET = fake-splynx-secret
demo-splynx: export CASHDESK_BILLING_SETTLE = 10
demo-splynx: .venv/.run
	@rm -f demo-splynx.sqlite3*
	@$(PY) manage.py demo_splynx --keys
	@$(PY) manage.py fake_splynx --port $(SPLYNX_PORT) & fake=$$!; trap 'kill $$fake $$others 2>/dev/null' EXIT INT TERM; \
	$(PY) manage.py demo_splynx && $(PY) manage.py collectstatic --noinput --verbosity=0 && { \
	$(PY) manage.py pull_billing --loop 15 >/dev/null & others=$$!; \
	$(PY) manage.py deliver_payments --loop & others="$$others $$!"; \
	echo "The desk is open at http://127.0.0.1:$(PORT)/ (Ctrl-C closes it)."; \
	PORT=$(PORT) .venv/bin/gunicorn --config cashdesk/gunicorn.py cashdesk.wsgi; }

# What reads the code runs beside the tests on SQLite, which leave a core idle now and then; nothing else is parallel.
test: environment
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=recurse checks test-sqlite
	@$(MAKE) --no-print-directory --jobs=1 test-postgres
	@$(MAKE) --no-print-directory --jobs=1 browser
	@echo "== Everything was checked."

checks: lint templates types floors migrations

lint: environment
	@echo "== Style (ruff)"
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check

templates: environment
	@echo "== Templates (djlint)"
	@.venv/bin/djlint --lint --quiet templates

types: environment
	@echo "== Types (mypy --strict, tests included)"
	@$(IN_TESTS) .venv/bin/mypy

floors: environment
	@echo "== Floors (import-linter)"
	@.venv/bin/lint-imports --no-logo

migrations: environment
	@echo "== Migrations that are missing"
	@env DATABASE_URL=sqlite://:memory: $(IN_TESTS) $(PY) manage.py makemigrations --check --dry-run

test-sqlite: environment
	@echo "== Tests on SQLite"
	@env -u DATABASE_URL $(PYTEST) -m "not browser"

test-postgres: environment
	@echo "== The same tests on a throw-away PostgreSQL"
	@$(PY) tests/postgres.py -- $(PYTEST) -m "not browser"

browser: environment
	@echo "== Tests in a browser"
	@env -u DATABASE_URL $(PYTEST) -m browser

# Every proof in full, each under ten minutes on two cores; `make proof PROOFS="races --seed 7"` runs some.
proof: environment
	@echo "== Proofs, in full"
	@$(PY) -m proofs $(PROOFS)

format: environment
	@$(PY) -m ruff check --fix-only
	@$(PY) -m ruff format

environment: .venv/.dev

.venv/.run: requirements.txt | $(PY)
	@echo "== Installing what the desk runs on"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt | $(PY)
	@echo "== Installing what the desk runs on and is tested with"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/.run

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cashdesk needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv .venv

# Pins keep their versions as long as pyproject.toml allows; `make requirements UPGRADE=--upgrade` takes the newest.
requirements:
	@$(UV) $(COMPILE) $(UPGRADE) --output-file=requirements.txt
	@$(UV) $(COMPILE) $(UPGRADE) --group=dev --constraints=requirements.txt --output-file=requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis staticfiles test-results

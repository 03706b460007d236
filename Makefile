PYTHON ?= .venv/bin/python
DATA ?= ../shared/data
ROWS ?= /tmp/comment-rows.jsonl
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: install demo test lint types check report mutants bench bench-replay bench-spam train-base docs site screenshots faults

install:            ## create a virtual environment with pinned dependencies
	test -d .venv || python3 -m venv .venv
	.venv/bin/pip install -q -c constraints.txt -e ".[test,postgres]"

demo:               ## run a small blog with live threads and its moderation pages
	comment-service demo

test:               ## run the quick tests; skip PostgreSQL with a reason if it is not installed
	$(PYTHON) -m pytest -n auto -rs

lint:               ## check style and formatting
	ruff check .
	ruff format --check .

types:              ## check types
	mypy

check: lint types   ## run lint, types, architecture and all tests; needs PostgreSQL and Chromium
	$(PYTHON) -m pytest tests/test_architecture.py
	TEST_REQUIRE_ALL=1 $(PYTHON) -m pytest -n auto
	TEST_REQUIRE_ALL=1 $(PYTHON) -m pytest -n auto -m "slow or browser or long"

report:             ## print sizes of folders, files and functions, and imports between layers and subjects
	$(PYTHON) -m tests.architecture_report

mutants:            ## remove guards one by one and report which removals no test notices
	$(PYTHON) -m tests.mutants

bench:              ## measure reads and posts beside a bare application and nginx; write docs/performance.md
	$(PYTHON) benchmarks/performance.py --write docs/performance.md

bench-replay:       ## replay real comments through a running server (needs the data folder)
	$(PYTHON) benchmarks/replay.py $(DATA)

bench-spam:         ## run the spam model's protocols on the open data (needs the data folder)
	$(PYTHON) benchmarks/spam_protocols.py $(DATA)
	$(PYTHON) benchmarks/spam_streams.py $(DATA)
	$(PYTHON) benchmarks/spam_retrain.py $(DATA)

train-base:         ## retrain the shipped model from the open data
	$(PYTHON) benchmarks/spam_data.py $(DATA) --made --out $(ROWS)
	comment-service spam train-base $(ROWS) --name base-2026-11 --out models/base \
	  --limits benchmarks/base_limits.txt

docs:               ## write the generated table in docs/configuration.md
	$(PYTHON) -m comment_service config --write docs/configuration.md

site:               ## build the documentation as a static site in build/docs
	$(PYTHON) -m mkdocs build --strict -f .mkdocs.yml

screenshots:        ## take the README's pictures from the demo (needs Chromium)
	$(PYTHON) -m tests.screenshots

faults:             ## break one thing at a time under a running server; print what readers and posters see
	$(PYTHON) tests/faults/run.py

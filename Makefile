PYTHON ?= .venv/bin/python
DATA ?= ../shared/data
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: install demo test lint types check bench bench-spam train-base docs

install:            ## a virtual environment with everything pinned
	test -d .venv || python3 -m venv .venv
	.venv/bin/pip install -q -c constraints.txt -e ".[test,postgres]"

demo:               ## a small blog with live threads and its moderation page
	comment-service demo

test:               ## the quick suite; what is not installed is skipped with its reason
	$(PYTHON) -m pytest -n auto -rs

lint:
	ruff check .
	ruff format --check .

types:
	mypy

check: lint types   ## lint, types, architecture, tests on SQLite and PostgreSQL, Chromium
	$(PYTHON) -m pytest tests/test_architecture.py
	TEST_REQUIRE_ALL=1 $(PYTHON) -m pytest -n auto
	TEST_REQUIRE_ALL=1 $(PYTHON) -m pytest -n auto -m "slow or browser or long"

bench:              ## replay real comments through a running server (needs the data folder)
	$(PYTHON) benchmarks/replay.py $(DATA)

bench-spam:         ## the spam model's protocols on the open data (needs the data folder)
	$(PYTHON) benchmarks/spam_protocols.py $(DATA)
	$(PYTHON) benchmarks/spam_streams.py $(DATA)
	$(PYTHON) benchmarks/spam_retrain.py $(DATA)

train-base:         ## the shipped model, trained anew from the open data
	$(PYTHON) benchmarks/spam_train_base.py $(DATA)

docs:               ## write the generated part of docs/configuration.md
	$(PYTHON) -m comment_service config --write docs/configuration.md

# `make demo` and `make test` are all the set-up there is: each makes what it needs.

.PHONY: demo test soak bench lint docs clean
.DEFAULT_GOAL := test

# The newest Python that runs and is at least 3.11.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

# What CI installs is pinned for its Python; other versions resolve from the lower bounds of pyproject.toml.
PINS = $(shell $(PYTHON) -c 'import sys, pathlib; p = "requirements/python%d.%d.txt" % sys.version_info[:2]; print("-c " + p if pathlib.Path(p).exists() else "")')

.venv/installed: pyproject.toml $(wildcard requirements/*.txt)
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $(PINS) -e '.[butler,postgres,observatory,fast,shacl,dev]'
	@touch $@

demo: .venv/installed
	@sh examples/demo/system-packages.sh graphviz postgresql influxdb
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo/demo.sh demo

test: .venv/installed lint
	@sh examples/demo/system-packages.sh graphviz postgresql influxdb
	$(BIN)/pytest -n 2 --dist loadgroup

# Long campaigns: kills, fuzzing, load. `make test` runs a short form of each.
soak: .venv/installed
	$(BIN)/pytest -m soak --override-ini 'addopts=-ra --strict-markers --import-mode=importlib'

bench: .venv/installed
	@for file in tests/benchmarks/bench_*.py; do echo; echo "## $$file"; $(BIN)/python $$file $(BENCH) || exit 1; done

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check $(PINS) -e '.[docs]'
	$(BIN)/sphinx-build -W -q -b html docs docs/_build/html

clean:
	rm -rf .venv demo .cache docs/_build

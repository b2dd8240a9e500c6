# The two commands: `make demo` (fine-tune a model) and `make test`. Both install what is missing first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready
BUDGET ?= 12m
SEED ?= 0
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations 30 --durations-min 2

# Keep what the tests compile to, whatever the shell says: without it every test process compiles all of them anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-slow test-float32 install check fix lint types bench clean

demo: $(RUNS)  ## Fine-tune a real language model on math/mini and test it
	$(BIN)/ftdojo run math/mini --budget $(BUDGET) --seed $(SEED)

test: $(READY)  ## The default tests, a few minutes
	$(PYTEST) -m "not slow"

test-slow: $(READY)  ## The others: they kill runs, open a browser, train and compare
	$(PYTEST) -m slow

test-float32: $(READY)  ## The rooms that compute once more, as on a processor without bfloat16
	FTDOJO_LOW_PRECISION=0 $(PYTEST) -m "not slow" tests/training tests/inference tests/export tests/worker

install: $(READY)  ## Everything that is needed, into .venv

# What a run needs; what the tests and the other tasks need beside it.
$(RUNS): pyproject.toml constraints.txt scripts/install.sh
	PYTHON=$(PYTHON) VENV=$(VENV) sh scripts/install.sh train
	touch $(RUNS)

$(READY): $(RUNS)
	PYTHON=$(PYTHON) VENV=$(VENV) sh scripts/install.sh train,tasks,llm,serve,gym,dev
	touch $(READY)

check: $(READY) lint types test  ## What has to hold before a change lands

lint: $(READY)
	$(BIN)/ruff format --check src tests benchmarks examples docs
	$(BIN)/ruff check src tests benchmarks examples docs

types: $(READY)
	$(BIN)/mypy

fix: $(READY)
	$(BIN)/ruff format src tests benchmarks examples docs
	$(BIN)/ruff check --fix src tests benchmarks examples docs

bench: $(READY)  ## Speed as ratios against named rivals; see benchmarks/README.md
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

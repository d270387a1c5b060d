# What to type after a fresh clone. Python 3.11 or newer, its venv module and a network suffice.
#
#   make demo       install, turn examples/portrait.png into a head, say where the head is
#   make setup      .venv with the development extras
#   make test       format check, lint, types and every test; installs what they need, OpenGL
#                   (Debian packages, if it may) and the glTF validator (npm, if there is one)
#   make campaign   long fuzz and stress runs; stop with Ctrl-C, continue with the same command
#   make bench      seconds and peak memory of every stage on this machine
#   make clean      remove .venv, caches and campaign state
#
# Variables, as in `make demo PYTHON=python3.12`:
#
#   PYTHON   the interpreter that .venv is made with
#   TORCH    what pip installs as PyTorch; options may follow. On Linux, PyPI's build brings the CUDA
#            libraries. The CPU build, far smaller, and any CUDA build come from PyTorch's own index:
#              make demo TORCH="torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"
#            Read when .venv is made; `make clean` first to change it.
#   HEAD     folder that `make demo` writes
#   WORKERS  processes that check types and run tests

PYTHON ?= python3
TORCH ?= torch==2.13.0
HEAD ?= head
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --no-input --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo setup test opengl validator campaign bench clean
.DELETE_ON_ERROR:

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

$(VENV)/.torch:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "panic3d needs Python 3.11 or newer, $(PYTHON) is older: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot make $(VENV): on Debian and Ubuntu, install python3-venv"; exit 1; }
	$(PIP) install --quiet $(TORCH)
	@touch $@

# PyTorch is there already, so pip keeps the build that TORCH chose.
$(VENV)/.core: $(VENV)/.torch pyproject.toml
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	$(PIP) install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.core

setup: $(VENV)/.dev

demo: $(VENV)/.core
	$(BIN)/panic3d reconstruct examples/portrait.png --aligned --out $(HEAD) --weights open
	@echo "The head is in $(abspath $(HEAD))"

# Khronos' validator, which judges the files that we write.
VALIDATOR := tests/formats/gltf_validator

opengl: setup
	@.ci/opengl $(BIN)/python

validator:
	@test -d $(VALIDATOR)/node_modules/gltf-validator || ! command -v npm >/dev/null || \
		npm install --no-package-lock --no-audit --no-fund --silent --prefix $(VALIDATOR) || \
		echo "The glTF validator could not be installed: its tests will skip." >&2

test: setup opengl validator
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers $(WORKERS)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

campaign: setup
	$(BIN)/python -m campaign

bench: $(VENV)/.core
	$(BIN)/panic3d bench

clean:
	rm -rf $(VENV) $(VALIDATOR)/node_modules .campaign .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# One command per habit. Each target sets up what is missing first; `make setup` twice does nothing the second time.
# Windows without make: `py -3.13 -m pulse.setup`, then `.venv\Scripts\pulse demo` or `.venv\Scripts\python -m pytest`.

PYTHON := $(shell for it in .venv/bin/python python3.13 python3 python; do \
	if $$it -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then echo $$it; break; fi; done)
RUN := .venv/bin/python

.PHONY: help demo test setup check pins package bench lab lab-full mutation

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

demo: setup ## the app, its local cloud and a live view of what happens; Ctrl-C ends it
	@.venv/bin/pulse demo

test: setup ## every test
	@$(RUN) -m pytest --no-header -o addopts="--strict-markers -p no:cacheprovider -o console_output_style=times"

setup: ## Python packages, node where it is missing, Azurite
	@$(if $(PYTHON),$(PYTHON) -m pulse.setup,echo "Graph Pulse needs Python 3.13 and found none (python3.13, python3, python). Get it from python.org, 'uv python install 3.13', pyenv, brew or apt (with python3.13-venv), and start again." >&2; exit 1)

check: setup ## format, lint, types, who may import whom, pins in step, no registry address in a lock file
	@$(RUN) -m pulse.checks

pins: setup ## compiles the requirement files from pyproject.toml and pulse/*.in; ARGS=--upgrade takes new releases
	@$(RUN) -m pulse.pins $(ARGS)

package: setup ## package.zip, what is deployed; prints its size
	@$(RUN) -m pulse.package

bench: setup ## each figure beside its baseline, into bench/results.json
	@$(RUN) -m bench

lab: setup ## fault experiments, into lab/results.json
	@$(RUN) -m lab

lab-full: setup ## the long form of the lab
	@$(RUN) -m lab --full

mutation: setup ## mutation testing of shared/domain (docs/mutation.md); ARGS="shared.domain.outbox*" for one module
	@nice -n 10 .venv/bin/mutmut run $(ARGS)
	@.venv/bin/mutmut results

# The commands of this project. Thin over scripts/*.py, which also serve Windows: `python scripts/run.py`.
PYTHON ?= python3
ARGS ?=
DIR ?=

.PHONY: help run login test test-fast test-all-but-e2e e2e check fix wheel wheel-test bench screenshots schema lock ci

help:  ## list the commands
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run:  ## set up what is missing and start Runhere on a sample folder (or DIR=…)
	@$(PYTHON) scripts/run.py $(if $(DIR),"$(DIR)") $(ARGS)

login:  ## print another login link of the Runhere that `make run` started
	@$(PYTHON) scripts/run.py login

test:  ## set up what is missing, browsers included, and run every test
	@$(PYTHON) scripts/test.py $(ARGS)

test-fast:  ## rules only: no sockets, no processes, ten seconds
	@$(PYTHON) scripts/test.py --fast $(ARGS)

test-all-but-e2e:  ## all tests but those in browsers
	@$(PYTHON) scripts/test.py --no-e2e $(ARGS)

e2e:  ## the tests in browsers
	@$(PYTHON) scripts/test.py --e2e $(ARGS)

check:  ## format, lint, types, import contracts, sizes, spelling, page size
	@$(PYTHON) scripts/check.py $(ARGS)

fix:  ## mend what can be mended automatically
	@$(PYTHON) scripts/check.py --fix $(ARGS)

wheel:  ## build the three wheels, page included, into dist/
	@$(PYTHON) scripts/wheel.py $(ARGS)

wheel-test:  ## build the wheels, install them in an empty environment, use them
	@$(PYTHON) scripts/wheel.py --try $(ARGS)

bench:  ## the benchmarks, ours and the peers', as ratios
	@$(PYTHON) scripts/bench.py $(ARGS)

screenshots:  ## every view in light and dark, English and Japanese, wide and narrow
	@$(PYTHON) scripts/screenshots.py $(ARGS)

schema:  ## OpenAPI -> docs/openapi.json -> the page's types
	@$(PYTHON) scripts/schema.py $(ARGS)

lock:  ## write requirements/*.txt after a change of dependencies
	@.venv/bin/python scripts/lock.py

ci: test check wheel-test  ## what .ci/run calls

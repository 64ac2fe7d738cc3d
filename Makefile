# Two commands do everything: `make run` and `make test`.
VENV ?= .venv
PYTHON ?=
# One process a core; a module stays in one, since its tests share a running service.
PYTEST ?= -n auto --dist loadfile

.PHONY: run test test-without-torch lint docs train clean

run:  ## set up and start the service; the address is printed
	@scripts/prepare $(VENV) "" $(PYTHON)
	@exec $(VENV)/bin/lifeline serve

test:  ## set up, check style and types, run the whole test suite
	@scripts/prepare $(VENV) dev $(PYTHON)
	@$(MAKE) --no-print-directory lint
	@$(VENV)/bin/lifeline check
	@scripts/run-tests $(VENV)/bin/python $(PYTEST)

test-without-torch:  ## the tests that need no torch, on the Python given: make test-without-torch VENV=.venv312 PYTHON=python3.12
	@scripts/prepare $(VENV) test $(PYTHON)
	@scripts/run-tests $(VENV)/bin/python $(PYTEST) -m "not torch"

lint:
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

docs:  ## write the generated pages under docs/
	@$(VENV)/bin/lifeline docs

train:  ## train the shipped model again from entries and corpora
	@scripts/prepare $(VENV) dev $(PYTHON)
	@$(VENV)/bin/lifeline index train

clean:
	rm -rf .venv* var build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

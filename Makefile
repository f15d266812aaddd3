PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
VENV := .venv
RUN := $(VENV)/bin/python
REQUIREMENTS := requirements.txt tests/requirements.txt docs/requirements.txt
INSTALLED := $(VENV)/.installed
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: help lab course test test-colab refresh clean distclean

help:  ## say what each target does (this)
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

lab: $(INSTALLED)  ## open JupyterLab on the notebooks
	$(RUN) -m jupyterlab notebooks

course: $(INSTALLED)  ## execute every notebook without a browser, then build the site in build/site
	$(RUN) tools/run_course.py

test: $(INSTALLED)  ## run all that CI runs: style, helpers, exercises, form, every notebook's outputs
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest
	$(RUN) -m pytest -p tests.nbval_repairs @tests/nbval.args notebooks

test-colab:  ## the same with the package versions of Colab's runtimes (RUNTIME=2026-08 ONLY="04 05")
	$(PYTHON) tools/colab_runtime.py $(RUNTIME) $(if $(ONLY),--only $(ONLY))

refresh: $(INSTALLED)  ## execute notebooks in place, twice; stamp links, cost cards, tables (ONLY="04 05")
	$(RUN) tools/refresh.py $(ONLY)

clean:  ## remove build outputs and caches
	rm -rf build .cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## remove the virtual environment as well
	rm -rf $(VENV)

# Installs again only when a list of requirements changed. `make test CONSTRAINTS=` tries today's releases.
$(INSTALLED): $(REQUIREMENTS) $(wildcard $(CONSTRAINTS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install -q --disable-pip-version-check $(addprefix -r ,$(REQUIREMENTS)) $(if $(CONSTRAINTS),-c $(CONSTRAINTS))
	touch $@

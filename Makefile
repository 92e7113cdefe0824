PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup book test serve bench clean

help:
	@echo "make book (build the site) | test (run the tests) | serve (build, then show it at http://localhost:8000) | bench (measure) | clean (delete the site and all stored results)"

setup:
	@$(PYTHON) scripts/set_up.py --check 2>/dev/null || { python=$$(sh scripts/find_python.sh) && "$$python" scripts/set_up.py; }

book: setup
	@$(PYTHON) -m inference_scaling build

test: setup
	@$(PYTHON) -m pytest

serve: book
	@$(PYTHON) -m http.server --bind 127.0.0.1 --directory _build/html 8000

bench: setup
	@$(PYTHON) -m benchmarks

clean:
	rm -rf _build .cache

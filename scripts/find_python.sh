#!/bin/sh
# Prints the path of a Python that the book runs on, or says in one sentence that there is none.
# Usage: find_python.sh [VERSION...], by default 3.13 or 3.12. Candidates are run, not only found: a version manager's
# placeholder may exist and fail.
versions=${*:-3.13 3.12}

suitable() {
    "$@" -c "
import ensurepip, sys, venv
sys.exit('%d.%d' % sys.version_info[:2] not in '$versions'.split() or print(sys.executable))" 2>/dev/null
}

for version in $versions; do
    suitable "python$version" && exit 0
done
suitable python3 && exit 0
for version in $versions; do
    for folder in ${PYENV_ROOT:+"$PYENV_ROOT/versions"} "$HOME/.pyenv/versions"; do
        for candidate in "$folder/$version".*/bin/python; do
            suitable "$candidate" && exit 0
        done
    done
    candidate=$(uv python find --no-project "$version" 2>/dev/null) && suitable "$candidate" && exit 0
    suitable py "-$version" && exit 0
done
echo "This book needs Python 3.13 or 3.12, and none was found: install one (from python.org, a package manager, pyenv or uv), then run make again." >&2
exit 1

"""How to cite: text and BibTeX from CITATION.cff."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pybtex.database import parse_string

from inference_scaling.sphinx_ext.cite import citation

ROOT = Path(__file__).resolve().parent.parent
SOURCE = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", ["", "notebooks/scaling-inference"])
def test_entry_is_valid_bibtex_and_says_what_the_file_says(page: str) -> None:
    text, bibtex = citation(SOURCE, page, "Scaling inference" if page else "", "https://example.org/book/")
    (entry,) = parse_string(bibtex, "bibtex").entries.values()
    assert entry.type == ("incollection" if page else "book")
    assert entry.fields["year"] == str(SOURCE["date-released"])[:4]
    assert entry.fields["booktitle" if page else "title"].strip("{}") == SOURCE["title"]
    assert entry.fields["url"] == (f"https://example.org/book/{page}.html" if page else "https://example.org/book/")
    assert len(entry.persons["author"]) == len(SOURCE["authors"])
    assert SOURCE["title"] in text and SOURCE["version"] in text and ("Scaling inference" in text) == bool(page)


def test_without_an_address_none_is_made_up() -> None:
    text, bibtex = citation({**SOURCE, "repository-code": ""}, "a/b", "B")
    assert "url" not in bibtex and "http" not in text


def test_version_is_that_of_the_package() -> None:
    import tomllib

    assert SOURCE["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

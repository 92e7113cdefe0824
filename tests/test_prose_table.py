"""Small tables of a page: what a reader and a screen reader get, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from inference_scaling.prose import table

FRAME = pd.DataFrame({"name": ["a<b>", "c"], "value": [1.234, -2.5], "left": ["x", None]})


def test_cells_are_text_and_rows_have_headers():
    markup = table(FRAME, "Rows & things", {"name": "row", "value": "value"}, {"value": ".1f"})._repr_html_()
    assert '<th scope="row">a&lt;b&gt;</th><td class=number>1.2</td>' in markup
    assert "<caption>Rows &amp; things</caption>" in markup
    assert "−2.5" in markup and "left" not in markup


def test_a_named_index_becomes_the_first_column_and_gaps_stay_empty():
    shown = table(FRAME.set_index("name"), "caption")
    assert list(shown.frame.columns) == ["name", "value", "left"]
    assert "<td></td>" in shown._repr_html_()


def test_unknown_columns_and_empty_captions_are_refused():
    with pytest.raises(ValueError, match="no column 'other'"):
        table(FRAME, "caption", {"other": "o"})
    with pytest.raises(ValueError, match="caption"):
        table(FRAME, " ")

"""Hand computed numbers to the prose: `say` glues them for the text to insert by key, `table` sets small tables."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from myst_nb import glue

from inference_scaling.estimates import Estimate


def say(prefix: str, **values: Estimate | str) -> None:
    """Glue each value under the key `<prefix>-<name>`, underscores in names as hyphens.

    Parameters
    ----------
    prefix : str
        The section's name, so that keys never collide.
    **values
        An Estimate (printed as median and interval, and by its parts under `-value`, `-low`, `-high`), or text. Bare numbers are refused: only the caller
        knows how many of their digits mean anything.
    """
    for name, value in values.items():
        key = f"{prefix}-{name}".replace("_", "-")
        if isinstance(value, Estimate):
            texts = {"": str(value), "-value": value.value_text, "-low": value.low_text, "-high": value.high_text}
        elif isinstance(value, str):
            texts = {"": value}
        else:
            raise TypeError(f"say(): {name} is a {type(value).__name__}; pass an Estimate or text with the digits to print")
        for suffix, text in texts.items():
            glue(key + suffix, text, display=False)


@dataclass(frozen=True)
class Table:
    """A small table for a page; text in it is never markup."""

    frame: pd.DataFrame
    caption: str

    def _repr_html_(self) -> str:
        # The first column names the row, which a screen reader announces with each cell.
        numeric = [self.frame[name].map(lambda cell: str(cell)[:1] in "0123456789−+-<>[").all() for name in self.frame]
        head = "".join(f"<th scope=\"col\"{' class=number' if right else ''}>{_escaped(name)}</th>" for name, right in zip(self.frame, numeric, strict=True))
        rows = []
        for cells in self.frame.itertuples(index=False):
            first, *rest = (_escaped(cell) for cell in cells)
            rows.append(f'<tr><th scope="row">{first}</th>' + "".join(f"<td{' class=number' if right else ''}>{cell}</td>" for cell, right in zip(rest, numeric[1:], strict=True)) + "</tr>")
        return f'<div class="book-table" tabindex="0"><table><caption>{_escaped(self.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.frame.to_string(index=False)}"


def _escaped(cell: object) -> str:
    return html.escape("" if cell is None or cell != cell else str(cell))


def table(frame: pd.DataFrame, caption: str, names: Mapping[str, str] | None = None, digits: Mapping[str, str] | None = None) -> Table:
    """A table whose first column names its rows.

    Parameters
    ----------
    frame : DataFrame
        The columns to show; a named index becomes the first ones.
    caption : str
        What a row is and what the numbers are, in one sentence.
    names : mapping of column to heading, optional
        Columns in the order to show, with their headings; others are left out. All, as they are called, if not given.
    digits : mapping of column to format, optional
        Such as ".2f".

    Raises
    ------
    ValueError
        If the caption is empty or a column does not exist.
    """
    if not caption.strip():
        raise ValueError("table(): give a caption that says what a row is")
    if any(frame.index.names):
        frame = frame.reset_index()
    missing = [name for name in (*(names or {}), *(digits or {})) if name not in frame]
    if missing:
        raise ValueError(f"table(): no column {', '.join(map(repr, missing))}; there are {', '.join(map(repr, frame.columns))}")
    for name, text in (digits or {}).items():
        frame = frame.assign(**{name: frame[name].map(lambda cell, text=text: format(cell, text).replace("-", "−"))})
    if names is not None:
        frame = frame[list(names)].rename(columns=dict(names))
    return Table(frame.reset_index(drop=True), caption)

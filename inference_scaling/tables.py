"""Tables of figures: load one by name, checked against its descriptor.

A table is ``data/<name>.csv`` with a descriptor ``data/<name>.yaml``, a Frictionless table resource
(https://specs.frictionlessdata.io) with a few keys of our own. Everything that is wrong with a table is
reported at once, in one `TableError`.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from frictionless import FrictionlessException, Resource, Schema

from inference_scaling import descriptors
from inference_scaling.descriptors import Descriptor, Fault, shown

DATA = Path(__file__).resolve().parent.parent / "data"

_PRINTED_FAULTS = 20
_NOT_FINITE = {"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
_RAGGED = ("blank-row", "extra-cell", "missing-cell")
_CONSTRAINT = re.compile(r'constraint "(\w+)" is "(.*)"', re.DOTALL)
_DUPLICATE = re.compile(r"row at position (\d+)")


@dataclass(frozen=True)
class _Checked:
    """A table that has passed: its content's digest, descriptor and frame."""

    digest: str
    descriptor: Descriptor
    frame: pd.DataFrame


_checked: dict[tuple[Path, str], _Checked] = {}


class TableError(ValueError):
    """A table that does not fit its descriptor.

    Attributes
    ----------
    faults : tuple of Fault
        All faults found; the message prints the first of them.
    """

    def __init__(self, name: str, faults: list[Fault]):
        self.faults = tuple(faults)
        noun = "fault" if len(faults) == 1 else "faults"
        lines = [f"table {name!r}: {len(faults)} {noun}"]
        lines += [f"  {fault}" for fault in faults[:_PRINTED_FAULTS]]
        if len(faults) > _PRINTED_FAULTS:
            lines.append(f"  ... and {len(faults) - _PRINTED_FAULTS} more")
        super().__init__("\n".join(lines))


def names(directory: Path = DATA) -> list[str]:
    """Names of all tables in a directory, sorted: the stems of its CSV files and descriptors."""
    found = {path.stem for pattern in ("*.csv", "*.yaml") for path in Path(directory).glob(pattern)}
    return sorted(found - {descriptors.UNITS})


def describe(name: str, directory: Path = DATA) -> Descriptor:
    """Descriptor of a table, checked but without reading its rows.

    Raises
    ------
    TableError
        If there is no such table, or the descriptor has faults.
    """
    directory = Path(directory)
    _require_known(name, directory)
    descriptor, faults = descriptors.read(name, directory)
    if faults:
        raise TableError(name, faults)
    return descriptor


def newest(*names: str, as_of: str | None = None) -> str:
    """ISO date of the newest row that the named tables admit at a date."""
    return max(str(load(name, as_of=as_of)["available_from"].max())[:10] for name in names)


def load(name: str, as_of: str | None = None, directory: Path = DATA) -> pd.DataFrame:
    """Validated rows of a table.

    Parameters
    ----------
    name
        Stem of the CSV file.
    as_of
        ISO date; keeps the rows whose value was public on that day (``available_from <= as_of``).
    directory
        Folder of the tables; ``../book/references.bib`` beside it holds the sources.

    Returns
    -------
    pandas.DataFrame
        Columns in the descriptor's order. Numbers are float64 (an empty cell is NaN), integers int64
        (float64 if cells are empty), dates datetime64, booleans bool, the rest strings ("" if empty).
        A change to the frame does not reach later callers.

    Raises
    ------
    TableError
        With every fault of the descriptor or of the rows.
    ValueError
        If `as_of` is not an ISO date.
    """
    directory = Path(directory)
    _require_known(name, directory)
    key, digest = (directory.resolve(), name), _digest(name, directory)
    if key not in _checked or _checked[key].digest != digest:
        descriptor, faults = descriptors.read(name, directory)
        if faults:
            raise TableError(name, faults)
        _checked[key] = _Checked(digest, descriptor, _read(descriptor))
    frame = _checked[key].frame.copy(deep=False)
    if as_of is None:
        return frame
    return frame[frame["available_from"] <= _date(as_of)].reset_index(drop=True)


def _require_known(name: str, directory: Path) -> None:
    if name == descriptors.UNITS or not any((directory / f"{name}{ending}").exists() for ending in (".csv", ".yaml")):
        known = names(directory)
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"it holds: {', '.join(known) or 'none'}"
        raise TableError(name, [Fault(shown(directory), None, None, f"no table of the name {name!r}", hint)])


def _date(as_of: str) -> pd.Timestamp:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(as_of)):
        raise ValueError(f"as_of={as_of!r} is not a date: write it as YYYY-MM-DD, for example 2025-01-14")
    return pd.Timestamp(as_of)


def _digest(name: str, directory: Path) -> str:
    state = hashlib.blake2b(digest_size=16)
    for path in (directory / f"{name}.csv", *descriptors.inputs(name, directory)):
        content = path.read_bytes() if path.exists() else b""
        state.update(b"%d:" % len(content))
        state.update(content)
    return state.hexdigest()


def _read(descriptor: Descriptor) -> pd.DataFrame:
    """Rows of the CSV file as a typed frame, or TableError with all faults."""
    file = shown(descriptor.path)
    try:
        text = descriptor.path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        fault = Fault(file, None, None, "the file is missing", "run its script in scripts/tables/, or remove the descriptor")
        raise TableError(descriptor.name, [fault]) from None
    except UnicodeDecodeError as error:
        fault = Fault(file, None, None, f"byte {error.start} is not UTF-8", "save the file as UTF-8")
        raise TableError(descriptor.name, [fault]) from None
    reader = csv.reader(io.StringIO(text, newline=""))
    rows, lines = [], []
    for row in reader:
        rows.append(row)
        lines.append(reader.line_num)
    faults = _header_faults(descriptor, rows, file)
    if rows and not any(fault.fatal for fault in faults):
        faults += _row_faults(descriptor, rows, lines, file)
        told = {(fault.row, fault.column) for fault in faults}
        values = _value_faults(descriptor, rows, lines, file)
        faults += [fault for fault in values if (fault.row, fault.column) not in told]
    if faults:
        raise TableError(descriptor.name, sorted(faults, key=lambda fault: (fault.row or 0, str(fault.column))))
    return _frame(descriptor, rows)


def _header_faults(descriptor: Descriptor, rows: list[list[str]], file: str) -> list[Fault]:
    if len(rows) < 2:
        return [Fault(file, None, None, "the table has no rows", "write the header and at least one row", fatal=True)]
    header = rows[0]
    expected = [field.name for field in descriptor.fields]
    yaml = shown(descriptor.path.with_suffix(".yaml"))
    faults = []
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            remedy = "keep one of them"
            faults.append(Fault(file, 1, column, f"{header.count(column)} columns of this name", remedy, fatal=True))
        elif column not in expected:
            remedy = f"describe it under schema.fields in {yaml}, or drop it"
            faults.append(Fault(file, 1, column, "a column that the descriptor does not know", remedy))
    for column in expected:
        if column not in header:
            remedy = f"add it, or take it out of {yaml}"
            faults.append(Fault(file, 1, column, "the column is missing", remedy))
    return faults


def _row_faults(descriptor: Descriptor, rows: list[list[str]], lines: list[int], file: str) -> list[Fault]:
    """What Frictionless finds in the rows: types, constraints, duplicated keys, ragged rows."""
    present = [field for field in descriptor.schema["fields"] if field["name"] in rows[0]]
    schema = {**descriptor.schema, "fields": present, "fieldsMatch": "subset"}
    schema["primaryKey"] = [column for column in descriptor.primary_key if column in rows[0]]
    if set(schema["primaryKey"]) != set(descriptor.primary_key):
        del schema["primaryKey"]
    resource = Resource(data=rows, schema=Schema.from_descriptor(schema))
    try:
        report = resource.validate(limit_errors=10**6)
    except FrictionlessException as exception:
        remedy = "correct the descriptor's schema"
        return [Fault(file, None, None, exception.error.message, remedy)]
    errors = [error for task in report.tasks for error in task.errors]
    ragged = {error.row_number for error in errors if error.type in _RAGGED}
    errors = [error for error in errors if error.type in _RAGGED or getattr(error, "row_number", 0) not in ragged]
    return [_fault(error, lines, file) for error in errors if not _is_not_finite(error)]


def _is_not_finite(error: Any) -> bool:
    return str(getattr(error, "cell", "")).strip().lower() in _NOT_FINITE


def _fault(error: Any, lines: list[int], file: str) -> Fault:
    """Our wording of one Frictionless error."""
    number = getattr(error, "row_number", None)
    line = lines[number - 1] if number else None
    column, cell = getattr(error, "field_name", None), getattr(error, "cell", None)
    found, remedy = error.note or error.message, "correct the row"
    match error.type:
        case "type-error":
            kind = error.note.split('"')[1].split("/")[0]
            found = f"{cell!r} is not of the type {kind}"
            remedy = "correct the cell, or leave it empty if the value is unknown"
        case "constraint-error":
            rule, bound = _CONSTRAINT.search(error.note).groups()
            if rule == "required":
                found, remedy = "an empty cell in a required column", "fill it in, or drop the row"
            else:
                found = f"{cell!r} breaks the rule {rule}: {bound}"
                remedy = "correct the cell, or the constraint if the value is right"
        case "primary-key":
            first = _DUPLICATE.search(error.note)
            where = f" as in row {lines[int(first.group(1)) - 1]}" if first else ""
            found = f"the same primary key{where}" if first else f"primary key: {error.note}"
            remedy = "drop one of the rows, or add the column that tells them apart to primaryKey"
        case "unique-error":
            found, remedy = f"{cell!r} occurs more than once in a unique column", "drop one of the rows"
        case "extra-cell":
            found, remedy = f"{cell!r} is one cell more than the header has", "quote cells that contain commas"
        case "missing-cell":
            found, remedy = "the row has fewer cells than the header", "add the missing cells (empty is allowed)"
        case "blank-row":
            found, remedy = "a blank row", "delete it"
    return Fault(file, line, column, found, remedy)


def _value_faults(descriptor: Descriptor, rows: list[list[str]], lines: list[int], file: str) -> list[Fault]:
    """What the table schema allows and we do not: NaN, infinities, values that the unit cannot have."""
    faults = []
    for field in descriptor.fields:
        if field.name not in rows[0]:
            continue
        position = rows[0].index(field.name)
        low, high = (field.minimum, field.maximum) if field.is_number else (-math.inf, math.inf)
        bounded = (low, high) != (-math.inf, math.inf)
        for row, line in zip(rows[1:], lines[1:], strict=True):
            cell = row[position] if position < len(row) else ""
            if cell.strip().lower() in _NOT_FINITE and (field.is_number or cell == "NaN"):
                remedy = "leave the cell empty if the value is unknown"
                faults.append(Fault(file, line, field.name, f"{cell!r} is not a value", remedy))
            elif bounded and cell and _outside(cell, low, high):
                remedy = "correct the cell, or the column's unit in the descriptor"
                found = f"{cell} cannot be in the unit {field.unit!r} ({low:g} to {high:g})"
                faults.append(Fault(file, line, field.name, found, remedy))
    return faults


def _outside(cell: str, low: float, high: float) -> bool:
    try:
        return not low <= float(cell) <= high
    except ValueError:
        return False


def _frame(descriptor: Descriptor, rows: list[list[str]]) -> pd.DataFrame:
    text = pd.DataFrame(rows[1:], columns=rows[0], dtype=str)
    columns = {}
    for field in descriptor.fields:
        cells = text[field.name]
        match field.type:
            case "number":
                columns[field.name] = pd.to_numeric(cells.where(cells != ""), errors="raise").astype("float64")
            case "integer":
                empty = (cells == "").any()
                numbers = pd.to_numeric(cells.where(cells != ""), errors="raise")
                columns[field.name] = numbers.astype("float64" if empty else "int64")
            case "boolean":
                columns[field.name] = cells == "true"
            case "date":
                columns[field.name] = pd.to_datetime(cells.where(cells != ""), format="%Y-%m-%d")
            case _:
                columns[field.name] = cells
    return pd.DataFrame(columns)

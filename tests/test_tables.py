"""Loading of tables: what a good one gives, and every fault that a bad one must be told."""

import re
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import yaml

from inference_scaling import descriptors, tables
from inference_scaling.tables import TableError

ROWS = """\
model,effort,score,cost,solved,available_from
o1,low,55.5,0.2,true,2024-09-12
o1,high,74.4,,true,2024-09-12
o3,high,87.5,3400,false,2025-04-21
"""


def description() -> dict:
    """Descriptor of a small valid table, for tests to spoil."""
    return {
        "name": "runs",
        "path": "runs.csv",
        "title": "Runs of a benchmark",
        "row": "one run",
        "sources": [{"key": "doe2024", "commit": "abc"}],
        "licence": "CC BY",
        "grade": "primary",
        "processing": "none",
        "caveats": ["small"],
        "pages": ["scaling-inference"],
        "schema": {
            "fields": [
                {"name": "model", "type": "string", "description": "model", "constraints": {"required": True}},
                {
                    "name": "effort",
                    "type": "string",
                    "description": "setting",
                    "constraints": {"required": True, "enum": ["low", "high"]},
                },
                {
                    "name": "score",
                    "type": "number",
                    "unit": "percent",
                    "description": "score",
                    "constraints": {"required": True, "maximum": 90},
                },
                {"name": "cost", "type": "number", "unit": "USD per task", "description": "cost"},
                {"name": "solved", "type": "boolean", "description": "flag", "constraints": {"required": True}},
                {
                    "name": "available_from",
                    "type": "date",
                    "description": "publication",
                    "constraints": {"required": True},
                },
            ],
            "primaryKey": ["model", "effort"],
        },
    }


UNITS = {
    "percent": {"meaning": "of a hundred", "minimum": 0, "maximum": 100},
    "USD per task": {"meaning": "dollars"},
    "share": {"meaning": "part", "minimum": 0, "maximum": 1},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "references.bib").write_text("@misc{doe2024,\n  title = {T},\n}\n")
    (data / "units.yaml").write_text(yaml.safe_dump(UNITS))
    write(data, ROWS, description())
    return data


def write(data: Path, rows: str, descriptor: dict) -> None:
    (data / "runs.csv").write_text(rows)
    (data / "runs.yaml").write_text(yaml.safe_dump(descriptor, sort_keys=False))


def refusal(data: Path) -> str:
    with pytest.raises(TableError) as caught:
        tables.load("runs", directory=data)
    return str(caught.value)


def test_load_gives_typed_columns(folder):
    frame = tables.load("runs", directory=folder)
    assert list(frame) == ["model", "effort", "score", "cost", "solved", "available_from"]
    assert frame["score"].dtype == "float64"
    assert frame["solved"].tolist() == [True, True, False]
    assert pd.isna(frame.loc[1, "cost"]) and frame.loc[2, "cost"] == 3400
    assert pd.api.types.is_datetime64_dtype(frame["available_from"])
    assert frame["model"].tolist() == ["o1", "o1", "o3"]


def test_integers_stay_integers_and_become_floats_only_with_gaps(folder):
    descriptor = description()
    descriptor["schema"]["fields"][3]["type"] = "integer"
    write(folder, ROWS.replace("0.2", "2"), descriptor)
    assert tables.load("runs", directory=folder)["cost"].dtype == "float64"
    write(folder, ROWS.replace("0.2", "2").replace(",,", ",7,"), descriptor)
    assert tables.load("runs", directory=folder)["cost"].tolist() == [2, 7, 3400]
    assert tables.load("runs", directory=folder)["cost"].dtype == "int64"


def test_as_of_keeps_what_was_public(folder):
    assert tables.load("runs", "2025-01-14", folder)["model"].tolist() == ["o1", "o1"]
    assert len(tables.load("runs", "2025-04-21", folder)) == 3
    with pytest.raises(ValueError, match="as_of='January' is not a date"):
        tables.load("runs", "January", folder)


def test_describe(folder):
    descriptor = tables.describe("runs", folder)
    assert descriptor.sources[0].key == "doe2024" and descriptor.sources[0].details == {"commit": "abc"}
    assert [field.unit for field in descriptor.fields[2:4]] == ["percent", "USD per task"]
    assert descriptor.primary_key == ("model", "effort")


def test_column_order_in_the_file_is_free(folder):
    swapped = re.sub(r"(?m)^(\w+),(\w+),", r"\2,\1,", ROWS)
    write(folder, swapped, description())
    assert list(tables.load("runs", directory=folder))[:2] == ["model", "effort"]


BAD_ROWS = {
    "missing column": (
        lambda rows: re.sub(r"(?m)^([^,]*),[^,]*,", r"\1,", rows),
        ["runs.csv, row 1, column effort: the column is missing; add it"],
    ),
    "extra column": (
        lambda rows: rows.replace("\n", ",x\n"),
        ["runs.csv, row 1, column x: a column that the descriptor does not know; describe it"],
    ),
    "column twice": (
        lambda rows: re.sub(r"(?m)^([^,]*),", r"\1,\1,", rows),
        ["row 1, column model: 2 columns of this name"],
    ),
    "out of range": (
        lambda rows: rows.replace("55.5", "91"),
        ["runs.csv, row 2, column score: '91' breaks the rule maximum: 90; correct the cell"],
    ),
    "not in the list": (
        lambda rows: rows.replace("high,87", "max,87"),
        ["row 4, column effort: 'max' breaks the rule enum: ['low', 'high']"],
    ),
    "NaN": (
        lambda rows: rows.replace("55.5", "NaN"),
        ["row 2, column score: 'NaN' is not a value; leave the cell empty if the value is unknown"],
    ),
    "NaN in an optional column": (lambda rows: rows.replace("0.2", "nan"), ["row 2, column cost: 'nan' is not a value"]),
    "NaN as a text": (lambda rows: rows.replace("o3", "NaN"), ["row 4, column model: 'NaN' is not a value"]),
    "infinity": (lambda rows: rows.replace("3400", "-inf"), ["row 4, column cost: '-inf' is not a value"]),
    "empty required cell": (
        lambda rows: rows.replace("74.4", ""),
        ["row 3, column score: an empty cell in a required column; fill it in, or drop the row"],
    ),
    "text for a number": (lambda rows: rows.replace("0.2", "cheap"), ["column cost: 'cheap' is not of the type number"]),
    "malformed date": (
        lambda rows: rows.replace("2025-04-21", "21 April 2025"),
        ["row 4, column available_from: '21 April 2025' is not of the type date"],
    ),
    "duplicated key": (
        lambda rows: rows.replace("o3,high", "o1,high"),
        ["runs.csv, row 4: the same primary key as in row 3; drop one of the rows"],
    ),
    "short row": (lambda rows: rows.replace(",2025-04-21", ""), ["row 4", "fewer cells than the header"]),
    "long row": (lambda rows: rows.replace("2025-04-21", "2025-04-21,9"), ["row 4", "'9' is one cell more"]),
    "blank row": (lambda rows: rows.replace("o3", "\no3"), ["runs.csv, row 4: a blank row; delete it"]),
    "header only": (lambda rows: rows.splitlines()[0], ["runs.csv: the table has no rows"]),
    "empty file": (lambda rows: "", ["runs.csv: the table has no rows"]),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_fault_in_the_rows_is_named_once(folder, case):
    spoil, expected = BAD_ROWS[case]
    write(folder, spoil(ROWS), description())
    message = refusal(folder)
    assert message.startswith("table 'runs': 1 fault\n"), message
    for part in expected:
        assert part in message


def change(path: str, value) -> dict:
    """Descriptor with the entry at a dotted path replaced, or removed when the value is None."""
    descriptor = entry = description()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        entry = entry[part]
    if value is None:
        del entry[last]
    else:
        entry[last] = value
    return descriptor


BAD_DESCRIPTORS = {
    "unknown unit": (
        ("schema.fields.3.unit", "USD a task"),
        "runs.yaml, column cost: unknown unit 'USD a task' (did you mean 'USD per task'?); use a unit of data/units.yaml",
    ),
    "no unit": (("schema.fields.2.unit", None), "column score: a number without a unit; add unit"),
    "unknown source": (
        ("sources.0.key", "doe2025"),
        "runs.yaml: unknown source 'doe2025' (did you mean 'doe2024'?); add the entry to book/references.bib",
    ),
    "no source": (("sources", []), "no source; name at least one key of book/references.bib"),
    "source without key": (("sources.0", "doe2024"), "source 'doe2024' has no key"),
    "missing key": (("licence", None), "runs.yaml: the key 'licence' is missing"),
    "empty title": (("title", " "), "'title' is not a text"),
    "misspelt key": (("caveat", ["x"]), "unknown key 'caveat' (did you mean 'caveats'?)"),
    "caveat that YAML took for a mapping": (("caveats", [{"a": "b"}]), "'caveats' holds something that is not a text"),
    "grade": (("grade", "good"), "grade is 'good'; make it one of primary, secondary"),
    "other name": (("name", "run"), "name is 'run'; make it 'runs'"),
    "other path": (("path", "other.csv"), "path is 'other.csv'; make it 'runs.csv'"),
    "no fields": (("schema.fields", []), "schema has no list of fields"),
    "misspelt constraint key": (
        ("schema.fields.0.constraint", {}),
        "column model: unknown key 'constraint' (did you mean 'constraints'?)",
    ),
    "unknown constraint": (("schema.fields.2.constraints", {"maximal": 3}), "maximal"),
    "unknown type": (("schema.fields.0.type", "text"), "column model: type is 'text'; make it one of string"),
    "no description": (("schema.fields.0.description", None), "column model: no description"),
    "no date": (("schema.fields.5.type", "string"), "column available_from: every table has this column"),
    "no primary key": (("schema.primaryKey", None), "no primaryKey; list the columns"),
    "wrong primary key": (("schema.primaryKey", ["modell"]), "column modell: in primaryKey but not among the fields"),
    "missing values": (("schema.missingValues", ["NA"]), "missingValues is ['NA']"),
    "optional boolean": (("schema.fields.4.constraints", None), "column solved: a boolean that may be empty"),
}


@pytest.mark.parametrize("case", BAD_DESCRIPTORS)
def test_fault_in_the_descriptor_is_named_once(folder, case):
    entry, expected = BAD_DESCRIPTORS[case]
    write(folder, ROWS, change(*entry))
    message = refusal(folder)
    assert message.startswith("table 'runs': 1 fault\n"), message
    assert expected in message
    with pytest.raises(TableError):
        tables.describe("runs", folder)


def test_wrong_unit_shows_in_the_values(folder):
    descriptor = change("schema.fields.2.unit", "share")
    write(folder, ROWS, descriptor)
    message = refusal(folder)
    assert message.startswith("table 'runs': 3 faults")
    assert "row 2, column score: 55.5 cannot be in the unit 'share' (0 to 1); correct the cell, or the column's unit" in message


def test_all_faults_are_reported_at_once_in_the_order_of_rows(folder):
    spoilt = ROWS.replace("55.5", "NaN").replace("o3,high", "o1,high").replace("87.5", "900").replace("model,", "mode,")
    write(folder, spoilt, description())
    message = refusal(folder)
    assert re.findall(r"row (\d+), column (\w+)", message) == [
        ("1", "mode"),
        ("1", "model"),
        ("2", "score"),
        ("4", "score"),
    ]


def test_long_lists_of_faults_are_cut_in_print_but_kept(folder):
    header, first, *_ = ROWS.splitlines()
    many = "\n".join([header, *(first.replace("o1", f"m{i}").replace("55.5", "101") for i in range(50))])
    write(folder, many + "\n", description())
    with pytest.raises(TableError) as caught:
        tables.load("runs", directory=folder)
    assert len(caught.value.faults) == 50
    assert str(caught.value).endswith("... and 30 more")


def test_rows_are_numbered_as_in_the_file_when_cells_hold_line_breaks(folder):
    write(folder, ROWS.replace("o1,low", '"o\n1",low').replace("87.5", "95"), description())
    assert "runs.csv, row 5, column score: '95'" in refusal(folder)


def test_missing_files_and_names(folder):
    with pytest.raises(TableError, match="no table of the name 'run'; did you mean runs"):
        tables.load("run", directory=folder)
    (folder / "runs.csv").unlink()
    assert "runs.csv: the file is missing; run its script" in refusal(folder)
    (folder / "runs.csv").write_text(ROWS)
    (folder / "runs.yaml").unlink()
    assert "runs.yaml: the descriptor is missing" in refusal(folder)


def test_broken_yaml_and_encoding(folder):
    (folder / "runs.yaml").write_text("name: runs\ntitle: a: b\n")
    assert "runs.yaml, row 2: not valid YAML" in refusal(folder)
    (folder / "runs.yaml").write_text("- runs\n")
    assert "not a mapping" in refusal(folder)
    write(folder, ROWS, description())
    (folder / "units.yaml").write_text("percent: {\n")
    assert "units.yaml" in refusal(folder)
    (folder / "units.yaml").write_text(yaml.safe_dump(UNITS))
    (folder / "runs.csv").write_bytes(ROWS.encode("utf-16"))
    assert "is not UTF-8" in refusal(folder)


def test_memory_follows_every_input(folder):
    first = tables.load("runs", directory=folder)
    first.loc[0, "score"] = 1.0
    assert tables.load("runs", directory=folder).loc[0, "score"] == 55.5
    write(folder, ROWS.replace("55.5", "55.6"), description())
    assert tables.load("runs", directory=folder).loc[0, "score"] == 55.6
    (folder.parent / "book" / "references.bib").write_text("")
    assert "unknown source" in refusal(folder)


def test_reading_is_fast(folder):
    header, first, *_ = ROWS.splitlines()
    rows = [first.replace("o1", f"m{i}") for i in range(20_000)]
    write(folder, "\n".join([header, *rows]) + "\n", description())
    began = time.process_time()
    assert len(tables.load("runs", directory=folder)) == 20_000
    cold = time.process_time() - began
    began = time.process_time()
    for _ in range(10):
        tables.load("runs", directory=folder)
    assert cold < 3.0
    assert (time.process_time() - began) / 10 < cold / 50


def test_bibliography_has_no_repeated_key():
    text = descriptors.bibliography(tables.DATA).read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\s*\{\s*([^,\s]+)", text, re.MULTILINE)
    assert [key for key, count in Counter(keys).items() if count > 1] == []


@pytest.mark.parametrize("name", tables.names())
def test_every_table_of_the_book_is_sound(name):
    assert len(tables.load(name)) > 0
    root = tables.DATA.parent
    for page in tables.describe(name).pages:
        assert (root / "notebooks" / f"{page}.md").exists() or (root / "book" / f"{page}.md").exists(), page

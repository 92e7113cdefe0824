"""Descriptors of tables: what a row is, columns with units, sources, licence, processing, caveats.

A descriptor is YAML with the keys of a Frictionless table resource (name, path, title, schema) and our own.
`read` returns it together with every fault found in it.
"""

from __future__ import annotations

import difflib
import functools
import math
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from frictionless import FrictionlessException, Schema

UNITS = "units"
TYPES = ("string", "number", "integer", "boolean", "date")
GRADES = ("primary", "secondary")

_TEXTS = ("name", "path", "title", "row", "licence", "grade", "processing")
_LISTS = ("sources", "caveats", "pages")
_SCHEMA_KEYS = {"fields", "primaryKey", "missingValues"}
_FIELD_KEYS = {"name", "type", "unit", "description", "constraints"}
_BIBTEX_KEY = re.compile(r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^,\s]+)\s*,", re.MULTILINE | re.IGNORECASE)
_KEY_REMEDY = "write it as in the other descriptors of this folder"


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a table: where, what was found, what to do."""

    file: str
    row: int | None
    column: str | None
    found: str
    remedy: str
    fatal: bool = field(default=False, compare=False, repr=False)

    def __str__(self) -> str:
        where = [self.file]
        if self.row is not None:
            where.append(f"row {self.row}")
        if self.column is not None:
            where.append(f"column {self.column}")
        return f"{', '.join(where)}: {self.found}; {self.remedy}"


@dataclass(frozen=True)
class Source:
    """Where figures come from: a key of book/references.bib, and how they were obtained."""

    key: str
    details: dict[str, str]


@dataclass(frozen=True)
class Field:
    """One column. `minimum` and `maximum` are the bounds that the unit itself sets."""

    name: str
    type: str
    unit: str
    description: str
    constraints: dict[str, Any]
    minimum: float = -math.inf
    maximum: float = math.inf

    @property
    def is_number(self) -> bool:
        return self.type in ("number", "integer")


@dataclass(frozen=True)
class Descriptor:
    """All that is known about a table besides its rows."""

    name: str
    path: Path
    title: str
    row: str
    sources: tuple[Source, ...]
    licence: str
    grade: str
    processing: str
    caveats: tuple[str, ...]
    pages: tuple[str, ...]
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    schema: dict[str, Any]


def shown(path: Path) -> str:
    """Path for a message: from the project's folder, with forward slashes."""
    return "/".join(Path(path).parts[-2:]) if Path(path).suffix else f"{Path(path).name}/"


def bibliography(directory: Path) -> Path:
    """BibTeX file that holds the sources of a directory of tables."""
    return Path(directory).resolve().parent / "book" / "references.bib"


def inputs(name: str, directory: Path) -> list[Path]:
    """Files, besides the rows, on which the check of a table depends."""
    return [Path(directory) / f"{name}.yaml", Path(directory) / f"{UNITS}.yaml", bibliography(directory)]


def source_keys(directory: Path) -> set[str]:
    """Keys of the entries in the bibliography."""
    path = bibliography(directory)
    return set(_BIBTEX_KEY.findall(path.read_text(encoding="utf-8"))) if path.exists() else set()


def read_yaml(path: Path) -> Any:
    """Content of a YAML file, parsed once for each version of the file; not to be changed by the caller."""
    return _parsed(Path(path).read_bytes())


@functools.lru_cache(maxsize=64)
def _parsed(content: bytes) -> Any:
    return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def units(directory: Path) -> dict[str, dict[str, Any]]:
    """Vocabulary of units: meaning, and the bounds of a value where the unit has any."""
    path = Path(directory) / f"{UNITS}.yaml"
    content = read_yaml(path) if path.exists() else {}
    return {str(unit): entry for unit, entry in (content or {}).items()}


def read(name: str, directory: Path) -> tuple[Descriptor | None, list[Fault]]:
    """Descriptor of a table and its faults; the descriptor is None if there are any."""
    path = Path(directory) / f"{name}.yaml"
    file = shown(path)
    try:
        content = read_yaml(path)
    except FileNotFoundError:
        return None, [Fault(file, None, None, "the descriptor is missing", f"write one that describes {name}.csv")]
    except yaml.YAMLError as error:
        return None, [_yaml_fault(file, error)]
    if not isinstance(content, dict):
        return None, [Fault(file, None, None, "not a mapping of keys to values", _KEY_REMEDY)]
    faults = [Fault(file, None, None, *fault) for fault in _top_faults(content, name)]
    if faults:
        return None, faults
    faults = [Fault(file, None, None, *fault) for fault in _source_faults(content, Path(directory))]
    try:
        vocabulary = units(Path(directory))
    except yaml.YAMLError as error:
        units_file = shown(Path(directory) / f"{UNITS}.yaml")
        return None, [_yaml_fault(units_file, error)]
    for found, column, remedy in _schema_faults(content["schema"], vocabulary):
        faults.append(Fault(file, None, column, found, remedy))
    return (None, faults) if faults else (_descriptor(content, Path(directory), vocabulary), [])


def _yaml_fault(file: str, error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    remedy = "quote texts that contain a colon or braces"
    return Fault(file, mark.line + 1 if mark else None, None, f"not valid YAML: {problem}", remedy)


def _near(word: str, known: Any) -> str:
    near = difflib.get_close_matches(str(word), [str(key) for key in known], n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _top_faults(content: dict[str, Any], name: str) -> list[tuple[str, str]]:
    expected = {*_TEXTS, *_LISTS, "schema"}
    faults = []
    for key in [key for key in content if key not in expected]:
        faults.append((f"unknown key {key!r}{_near(key, expected)}", "rename or remove it"))
    for key in (*_TEXTS, *_LISTS, "schema"):
        if key not in content:
            faults.append((f"the key {key!r} is missing", _KEY_REMEDY))
        elif key in _TEXTS and not (isinstance(content[key], str) and content[key].strip()):
            faults.append((f"{key!r} is not a text", _KEY_REMEDY))
        elif key in _LISTS and not isinstance(content[key], list):
            faults.append((f"{key!r} is not a list", _KEY_REMEDY))
        elif key in ("caveats", "pages") and not all(isinstance(item, str) for item in content[key]):
            faults.append((f"{key!r} holds something that is not a text", "quote texts that contain a colon"))
    if faults:
        return faults
    if content["name"] != name:
        faults.append((f"name is {content['name']!r}", f"make it {name!r}, as the file is called"))
    if content["path"] != f"{name}.csv":
        faults.append((f"path is {content['path']!r}", f"make it '{name}.csv'"))
    if content["grade"] not in GRADES:
        faults.append((f"grade is {content['grade']!r}", f"make it one of {', '.join(GRADES)}"))
    schema = content["schema"]
    if not (isinstance(schema, dict) and isinstance(schema.get("fields"), list) and schema["fields"]):
        faults.append(("schema has no list of fields", _KEY_REMEDY))
    return faults


def _source_faults(content: dict[str, Any], directory: Path) -> list[tuple[str, str]]:
    if not content["sources"]:
        return [("no source", "name at least one key of book/references.bib under sources")]
    known = source_keys(directory)
    faults = []
    for source in content["sources"]:
        if not isinstance(source, dict) or not isinstance(source.get("key"), str):
            faults.append((f"source {source!r} has no key", "write {key: <key in book/references.bib>, ...}"))
        elif source["key"] not in known:
            found = f"unknown source {source['key']!r}{_near(source['key'], known)}"
            faults.append((found, "add the entry to book/references.bib, or correct the key"))
    return faults


def _schema_faults(schema: dict[str, Any], vocabulary: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """Faults as (found, column, remedy)."""
    faults: list[tuple[str, str | None, str]] = []
    for key in [key for key in schema if key not in _SCHEMA_KEYS]:
        faults.append((f"unknown key {key!r} in schema{_near(key, _SCHEMA_KEYS)}", None, "rename or remove it"))
    columns = []
    for item in schema["fields"]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            faults.append((f"field {item!r} has no name", None, _KEY_REMEDY))
            continue
        if item["name"] in columns:
            faults.append(("described twice", item["name"], "keep one of the two"))
        columns.append(item["name"])
        faults += [(found, item["name"], remedy) for found, remedy in _field_faults(item, vocabulary)]
    types = {item["name"]: item.get("type") for item in schema["fields"] if isinstance(item, dict) and "name" in item}
    if types.get("available_from") != "date":
        remedy = "add it with type date: the day on which the value was published"
        faults.append(("every table has this column, of the type date", "available_from", remedy))
    key = schema.get("primaryKey")
    if not isinstance(key, list) or not key:
        faults.append(("no primaryKey", None, "list the columns that together identify a row"))
    else:
        faults += [("in primaryKey but not among the fields", column, "correct primaryKey") for column in key if column not in columns]
    if schema.get("missingValues", [""]) != [""]:
        faults.append((f"missingValues is {schema['missingValues']!r}", None, 'make it [""]: an unknown value is an empty cell'))
    if not faults:
        try:
            Schema.from_descriptor(_schema(schema))
        except FrictionlessException as exception:
            problems = exception.reasons or [exception.error]
            faults += [(error.note or error.message, None, "correct the schema") for error in problems]
    return faults


def _field_faults(item: dict[str, Any], vocabulary: dict[str, Any]) -> list[tuple[str, str]]:
    faults = []
    for key in [key for key in item if key not in _FIELD_KEYS]:
        faults.append((f"unknown key {key!r}{_near(key, _FIELD_KEYS)}", "rename or remove it"))
    if not isinstance(item.get("constraints", {}), dict):
        faults.append(("constraints is not a mapping", "write for example {required: true, minimum: 0}"))
        return faults
    if item.get("type") not in TYPES:
        faults.append((f"type is {item.get('type')!r}", f"make it one of {', '.join(TYPES)}"))
    if not str(item.get("description") or "").strip():
        faults.append(("no description", "say in a few words what the column holds"))
    unit = item.get("unit")
    if unit is None and item.get("type") in ("number", "integer"):
        faults.append(("a number without a unit", "add unit (1 if it has no dimension)"))
    elif unit is not None and str(unit) not in vocabulary:
        found = f"unknown unit {str(unit)!r}{_near(unit, vocabulary)}"
        faults.append((found, f"use a unit of data/{UNITS}.yaml, or add this one there"))
    if item.get("type") == "boolean" and not (item.get("constraints") or {}).get("required"):
        faults.append(("a boolean that may be empty", "make it required, or a string with an enum"))
    return faults


def _descriptor(content: dict[str, Any], directory: Path, vocabulary: dict[str, Any]) -> Descriptor:
    fields = []
    for item in content["schema"]["fields"]:
        unit = str(item.get("unit", ""))
        bounds = vocabulary.get(unit) or {}
        fields.append(
            Field(
                name=item["name"],
                type=item["type"],
                unit=unit,
                description=" ".join(str(item["description"]).split()),
                constraints=dict(item.get("constraints") or {}),
                minimum=float(bounds.get("minimum", -math.inf)),
                maximum=float(bounds.get("maximum", math.inf)),
            )
        )
    sources = [
        Source(source["key"], {key: str(value) for key, value in source.items() if key != "key"})
        for source in content["sources"]
    ]
    texts = {key: " ".join(content[key].split()) for key in ("title", "row", "licence", "processing")}
    return Descriptor(
        name=content["name"],
        path=directory / content["path"],
        sources=tuple(sources),
        grade=content["grade"],
        caveats=tuple(" ".join(text.split()) for text in content["caveats"]),
        pages=tuple(content["pages"]),
        fields=tuple(fields),
        primary_key=tuple(content["schema"]["primaryKey"]),
        schema=_schema(content["schema"]),
        **texts,
    )


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Schema for Frictionless, with the one spelling of booleans that we allow."""
    fields = []
    for item in schema["fields"]:
        kept = {key: value for key, value in item.items() if key != "unit"}
        if "constraints" in item:
            kept["constraints"] = {rule: _plain(bound) for rule, bound in item["constraints"].items()}
        if item["type"] == "boolean":
            kept |= {"trueValues": ["true"], "falseValues": ["false"]}
        fields.append(kept)
    return {**schema, "fields": fields, "missingValues": [""]}


def _plain(bound: Any) -> Any:
    """Constraint as JSON has it: YAML reads an unquoted ISO day as a date."""
    return bound.isoformat() if isinstance(bound, date) else bound

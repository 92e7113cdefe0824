"""Bring the table of platform snapshots up to date: `python -m inference_scaling refresh`.

Every question of the table is asked again, save those that it knows as resolved. A good answer adds the day's rows; a bad one adds nothing, and
all that the table held before stays. The new table replaces the old one in one step, and only after it has passed the check of every table.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from inference_scaling import descriptors, tables
from inference_scaling.forecasts import apis
from inference_scaling.forecasts.apis import Answer, ApiError, Limits

TABLE = "platform_snapshots"
TOKEN = "METACULUS_TOKEN"
ADDRESSES = {"metaculus": "INFERENCE_SCALING_METACULUS_URL", "manifold": "INFERENCE_SCALING_MANIFOLD_URL"}
RESOLUTION = "resolution"
KEY = ["platform", "question_id", "snapshot_date", "quantity"]

_LOCK_SECONDS = 60
_QUESTION = ["platform", "question_id"]


@dataclass(frozen=True)
class Report:
    """What a refresh did: lines of change by question, and what failed.

    Attributes
    ----------
    changes
        One line a question that was read.
    failures
        One line a question that was not, or the reason why nothing could be written.
    """

    changes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 1 if self.failures else 0


def run(data: Path = tables.DATA, *, addresses: Mapping[str, str] | None = None, limits: Limits | None = None) -> int:
    """Refresh with the environment's token and addresses, say what changed, and return the exit code."""
    given = {platform: os.environ[variable] for platform, variable in ADDRESSES.items() if os.environ.get(variable)}
    given |= {platform: address for platform, address in (addresses or {}).items() if address}
    report = refresh(data, token=os.environ.get(TOKEN, ""), addresses=given, limits=limits)
    for line in report.changes:
        print(line)
    for line in report.failures:
        print(f"failed: {line}", file=sys.stderr)
    return report.exit_code


def refresh(
    data: Path = tables.DATA,
    *,
    token: str = "",
    addresses: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    today: date | None = None,
) -> Report:
    """Ask the platforms, and write the table if any of them had a good answer.

    Parameters
    ----------
    data
        Folder of the tables.
    token
        Token of the Metaculus API.
    addresses
        Base address by platform, where it is not the public one.
    limits
        Bounds on time and size.
    today
        Date of the snapshot, by default today's (UTC).
    """
    data, today = Path(data), today or datetime.now(UTC).date()
    report = Report()
    try:
        stored = _open_questions(tables.load(TABLE, directory=data))
    except tables.TableError as error:
        return Report(failures=[f"the stored table is not valid, nothing was asked: {error}"])
    ask = _askers(token, addresses or {}, limits or Limits())
    answers: dict[tuple[str, str], Answer] = {}
    for platform, question in stored:
        try:
            answers[platform, question] = ask[platform](question)
        except ApiError as error:
            report.failures.append(f"{platform} {question}: {error}; the stored values stay")
    if answers:
        _store(data, answers, today, report)
    return report


def _askers(token: str, addresses: Mapping[str, str], limits: Limits) -> dict[str, Callable[[str], Answer]]:
    metaculus = addresses.get("metaculus", apis.METACULUS_URL)
    manifold = addresses.get("manifold", apis.MANIFOLD_URL)
    return {
        "metaculus": lambda question: apis.metaculus(question, token, base=metaculus, limits=limits),
        "manifold": lambda question: apis.manifold(question, base=manifold, limits=limits),
    }


def _open_questions(rows: pd.DataFrame) -> list[tuple[str, str]]:
    resolved = set(rows.loc[rows["quantity"] == RESOLUTION, _QUESTION].itertuples(index=False, name=None))
    known = dict.fromkeys(rows[_QUESTION].itertuples(index=False, name=None))
    return [key for key in known if key not in resolved]


def _store(data: Path, answers: Mapping[tuple[str, str], Answer], today: date, report: Report) -> None:
    """Merge answers into the table as it is now, which may be newer than when they were asked for."""
    work = data.resolve().parent / ".cache" / "refresh"
    try:
        work.mkdir(parents=True, exist_ok=True)
        with FileLock(work / "lock", timeout=_LOCK_SECONDS):
            tables.load(TABLE, directory=data)
            before = pd.read_csv(data / f"{TABLE}.csv", dtype=str, keep_default_na=False)
            changes, parts = [], []
            for (platform, question), answer in answers.items():
                own = before[(before["platform"] == platform) & (before["question_id"] == question)]
                rows = _rows(own, answer, today)
                parts.append(rows)
                changes.append(_change(f"{platform} {question}", own, rows))
            _replace(data, work, _merged(before, parts))
    except Timeout:
        report.failures.append(f"another refresh has held the table for {_LOCK_SECONDS} s; nothing was written")
    except tables.TableError as error:
        report.failures.append(f"the new table did not pass its check, the old one stays: {error}")
    except OSError as error:
        report.failures.append(f"nothing was written: {error.strerror or error}")
    else:
        report.changes.extend(changes)


def _rows(own: pd.DataFrame, answer: Answer, today: date) -> pd.DataFrame:
    """Rows of one question for today, as text; what the API does not tell (the event's limit) comes from the stored rows."""
    day = today.isoformat()
    constant = own.iloc[-1][[*_QUESTION, "event_before"]].to_dict()
    rows = [
        constant
        | {
            "snapshot_date": day,
            "quantity": reading.quantity,
            "value_date": "" if reading.value_date is None else reading.value_date.isoformat(),
            "probability": "" if reading.probability is None else f"{reading.probability:.6g}",
            "forecasters": "" if answer.forecasters is None else str(answer.forecasters),
            "title": answer.title,
            "origin": "api",
            "available_from": day,
        }
        for reading in answer.readings
    ]
    return pd.DataFrame(rows, columns=own.columns)


def _merged(before: pd.DataFrame, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Old rows, less those of the same question and day, and the new ones, in the order of the key."""
    new = pd.concat(parts, ignore_index=True)
    again = set(new[[*_QUESTION, "snapshot_date"]].itertuples(index=False, name=None))
    kept = [key not in again for key in before[[*_QUESTION, "snapshot_date"]].itertuples(index=False, name=None)]
    return pd.concat([before[kept], new], ignore_index=True).sort_values(KEY, kind="stable")


def _replace(data: Path, work: Path, table: pd.DataFrame) -> None:
    """Check the new table in a folder of its own, then put it in the old one's place in one step."""
    staged = work / "data"
    shutil.rmtree(work / "book", ignore_errors=True)
    shutil.rmtree(staged, ignore_errors=True)
    for folder in (staged, work / "book"):
        folder.mkdir()
    for path in descriptors.inputs(TABLE, data):
        shutil.copy(path, work / "book" if path.suffix == ".bib" else staged)
    new = staged / f"{TABLE}.csv"
    with new.open("w", encoding="utf-8", newline="") as file:
        table.to_csv(file, index=False, lineterminator="\n")
        file.flush()
        os.fsync(file.fileno())
    tables.load(TABLE, directory=staged)
    os.replace(new, data / f"{TABLE}.csv")


def _change(name: str, own: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Old and new values of a question: `metaculus 5121: p25 2028-04-26 -> 2028-05-02, ...`."""
    last = own[own["snapshot_date"] == own["snapshot_date"].max()].set_index("quantity")
    parts = []
    for row in rows.itertuples():
        new = row.value_date or row.probability
        old = (last.at[row.quantity, "value_date"] or last.at[row.quantity, "probability"]) if row.quantity in last.index else "none"
        parts.append(f"{row.quantity} {new} (unchanged)" if old == new else f"{row.quantity} {old} -> {new}")
    title = "" if rows["title"].iloc[0] == last["title"].iloc[0] else f"; title now: {rows['title'].iloc[0]}"
    return f"{name} (stored {last['snapshot_date'].iloc[0]}): {', '.join(parts)}{title}"

"""Reduce forecasts of AGI by platforms, markets and experts to the tables of the book.

Usage: python scripts/tables/platforms.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

FOLDER = "forecasts"
DAYS_PER_YEAR = 365.25

GROUPS = {
    "expert_forecaster": "forecaster",
    "forecaster_group": "forecasting group",
    "lab_leader": "laboratory leader",
    "academic": "academic",
    "sceptic": "sceptic",
    "long_timeline_expert": "long timelines",
    "futurist": "futurist",
}
# Redwood Research (his own blog there) and METR (author of its time-horizon paper).
PRACTITIONERS = {"Ryan Greenblatt", "Nikola Jurkovic"}
NAMES = {
    "FutureSearch (three professional forecasters)": "FutureSearch",
    "Metaculus community (on the bet of G. Marcus and M. Brundage)": "Metaculus community",
}
# First words of the source's name: key in book/references.bib.
SOURCES = {
    "A compute-based": "barnett2023compute",
    "A. Lintz": "lintz2025game",
    "AGI countdown": "aifutures2026q1",
    "AI 2027": "lifland2025timelines",
    "AI Futures Timelines": "aifutures2025model",
    "AI Prophecy": "prophecy2026index",
    "AIs can now": "greenblatt2026massive",
    "B. Holtz": "holtz2025predictions",
    "B. Todd": "todd2025case",
    "Disagreement with": "hobbhahn2022disagreement",
    "Dwarkesh": "patel2025erdil",
    "H. Karnofsky": "karnofsky2021timelines",
    "My AGI": "greenblatt2025updates",
    "N. Jurkovic": "jurkovic2025thread",
    "Orienting": "jurkovic2024orienting",
    "PauseAI": "pauseai2025timelines",
    "Q2.5": "aifutures2026q25",
    "S. Alexander": "alexander2022biological",
    "Two-year": "cotra2022two",
    "agi-predictions": "lispc2026predictions",
    "data set dpc": "zoorob2026dpc",
    "metaculus-countdowns": "xatalos2026countdowns",
    "blog post When": "pauseai2025timelines",
    "inonehp": "inonehp2024countdown",
    "R. Kidd": "kidd2025implications",
    "Forecasting AGI": "forecasting2025insights",
    "compiled notes": "lispc2026predictions",
    "Longterm Wiki": "quri2026longterm",
}
# Views published later than they were held, and dates of publication that the source's month does not give.
PUBLISHED = {
    ("Ryan Greenblatt", "2025-01"): "2025-08-20",
    ("Ryan Greenblatt", "2026-01"): "2026-04-30",
    ("Ajeya Cotra", "2025-01"): "2025-01-28",
    ("Daniel Kokotajlo", "2025-07"): "2025-12-31",
}
SIZES = {"day": 0, "not_later_than": 0, "month": 1, "quarter": 3, "year": 12}
LEVELS = {"p05": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
TITLES = {5121: "first general AI system", 3479: "first weakly general AI system", 11861: "long adversarial Turing test", 19356: "transformative AI"}


def source_key(text: str) -> str:
    return next(key for start, key in SOURCES.items() if text.startswith(start))


def span(stated: str, precision: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of what a shortened date can mean."""
    first = pd.Timestamp(stated if len(stated) > 4 else f"{stated}-01-01")
    months = 0 if len(stated) == 10 else SIZES.get(precision, 1)
    return first, first + pd.DateOffset(months=months) - pd.Timedelta(days=1 if months else 0)


def decimal(day: pd.Timestamp) -> float:
    return round(day.year + (day.day_of_year - 0.5) / DAYS_PER_YEAR, 3)


def stated_year(value: str) -> tuple[float, float]:
    """Middle and width, in years, of a date stated as year, month or day."""
    first = pd.Timestamp(f"{value}-01-01" if len(value) == 4 else value)
    if len(value) == 4:
        return first.year + 0.5, 1.0
    if len(value) == 7:
        return round(first.year + (first.month - 0.5) / 12, 3), round(1 / 12, 3)
    return decimal(first), round(1 / DAYS_PER_YEAR, 4)


def expert_statements(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "expert_timeline_updates.csv", dtype=str, keep_default_na=False)
    rows = rows[(rows["date_provenance"] == "source") & (rows["value"] != "")]
    table = []
    for row in rows.itertuples():
        first, last = span(row.statement_date, row.date_precision)
        middle = first + (last - first) / 2
        value = float(row.value.lstrip(">"))
        year, probability, width = value, LEVELS.get(row.quantity[:3]), 1 / 12
        if row.quantity == "probability_by":
            year, probability, width = float(row.by_year_decimal), value, 0.0
        elif "years_ahead" in row.quantity:
            year, width = round(decimal(middle) + value, 3), 1.0
        elif value == int(value):
            year, width = value + 0.5, 1.0
        bound = "at least" if row.value.startswith(">") or row.quantity.startswith("earliest") else "at most" if row.quantity == "p50_at_most" else ""
        published = PUBLISHED.get((row.person, row.statement_date))
        table.append(
            {
                "person": NAMES.get(row.person, row.person),
                "group": "practitioner" if row.person in PRACTITIONERS else GROUPS[row.group],
                "statement_date": middle.date(),
                "date_precision": row.date_precision,
                "event": row.event_key,
                "event_definition": row.event_definition,
                "quantity": row.quantity,
                "value": value,
                "year": value if bound == "at least" and row.value.startswith(">") else year,
                "probability": probability,
                "year_width": round(width, 3),
                "bound": bound,
                "around_o3": row.relative_to_o3_announcement,
                "source": source_key(row.source),
                "available_from": published or last.date(),
                "grade": "primary" if row.provenance in ("primary_text", "transcribed_primary") else "secondary",
                "quotes_document_under_test": "false",
            }
        )
    # The one before-and-after figure of Cotra's that does not rest on a remembered date.
    cotra = next(row for row in table if row["person"] == "Ajeya Cotra" and row["quantity"] == "p50_years_ahead_high")
    table.append(cotra | {"quantity": "p50_earlier_than_in_2023", "value": 5.0, "year": None, "probability": None, "year_width": None, "bound": "at least"})
    return pd.DataFrame(table).sort_values(["person", "event", "statement_date", "quantity"], kind="stable")


def metaculus_snapshots(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metaculus_agi_snapshots.csv", dtype=str, keep_default_na=False)
    rows = rows[rows["metaculus_question"].isin(map(str, TITLES)) & rows["quantity"].isin(LEVELS)]
    table = []
    for row in rows.itertuples():
        first, last = span(row.snapshot_date, row.date_precision)
        year, width = stated_year(row.value)
        # A phrase for a whole stretch of months.
        if row.note.startswith("February to mid") or row.date_precision == "quarter":
            last = pd.Timestamp("2026-06-30")
        middle = first + (last - first) / 2
        table.append(
            {
                "question": int(row.metaculus_question),
                "event": TITLES[int(row.metaculus_question)],
                "statement_date": middle.date(),
                "date_precision": row.date_precision,
                "quantity": row.quantity,
                "year": year,
                "probability": LEVELS[row.quantity],
                "year_width": width,
                "forecasters": row.n_forecasters,
                "provenance": {"primary_capture": "captured", "hand_copied": "copied by hand", "quoted_in_text": "quoted"}.get(row.provenance, "note"),
                "source": source_key(row.source),
                "available_from": last.date(),
                "grade": "primary" if row.provenance == "primary_capture" else "secondary",
                "quotes_document_under_test": str("R. Kidd" in row.source).lower(),
            }
        )
    return pd.DataFrame(table).sort_values(["question", "statement_date", "quantity"], kind="stable")


def metaculus_cdf(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metaculus_agi_cdf_2026-09-25.csv")
    parts = []
    for question, column in ((5121, "p_general_ai_q5121"), (3479, "p_weakly_general_ai_q3479")):
        parts.append(pd.DataFrame({"question": question, "event": TITLES[question], "year": rows["end_of_year"] + 1.0, "probability": rows[column]}))
    day = "2026-09-25"
    return pd.concat(parts).assign(statement_date=day, available_from=day, grade="primary", quotes_document_under_test="false")


EVENTS = {
    "Will we get AGI": "AGI",
    'Will we reach "weak AGI"': "weak AGI",
    "Will we have an AGI as smart": "generally educated AGI",
    "OpenAI announces": "OpenAI announces AGI",
    "Any national government": "a government declares AGI",
}
KINDS = {"nightly_value": "nightly", "question_set_freeze_value": "freeze", "final_resolution": "resolution"}


def market_prices(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "agi_prediction_market_prices.csv")
    events = [next((event for start, event in EVENTS.items() if text.startswith(start)), None) for text in rows["question_text"]]
    rows = rows.assign(event=events).dropna(subset=["event"])
    # The deadline that the title gives, where it is not a new year.
    deadline = rows["event_before_year"].astype(float).where(rows["event"] != "a government declares AGI", 2026.581)
    table = pd.DataFrame(
        {
            "platform": rows["platform"].map({"manifold": "Manifold", "polymarket": "Polymarket", "infer": "INFER"}),
            "market": rows["market_id"],
            "event": rows["event"],
            "before_year": deadline,
            "statement_date": rows["date"],
            "kind": rows["value_type"].map(KINDS),
            "probability": rows["probability"],
        }
    )
    table = table.sort_values(["platform", "event", "before_year", "market", "statement_date", "kind"], kind="stable")
    return table.assign(available_from=table["statement_date"], grade="primary", quotes_document_under_test="false")


def market_snapshots(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "agi_market_snapshots_secondary.csv", dtype={"snapshot_date": str})
    spans = [span(day, "day" if len(day) == 10 else "month") for day in rows["snapshot_date"]]
    quoted = rows["source"].str.startswith("R. Kidd")
    is_year = rows["quantity"].str.endswith("year")
    table = pd.DataFrame(
        {
            "platform": rows["platform"],
            "contract": rows["contract"],
            "statement_date": [(first + (last - first) / 2).date() for first, last in spans],
            "quantity": rows["quantity"],
            "year": (rows["value"] + 0.5).where(is_year),
            "probability": rows["value"].where(~is_year),
            "source": [source_key(text) for text in rows["source"]],
            "available_from": [last.date() for _, last in spans],
            "grade": "secondary",
            "quotes_document_under_test": quoted.map({True: "true", False: "false"}),
        }
    )
    # The level before o3 was published only with the post.
    table.loc[quoted, "available_from"] = pd.Timestamp("2025-01-14").date()
    return table.sort_values(["platform", "contract", "statement_date", "quantity", "source", "probability"], kind="stable").drop_duplicates(["platform", "contract", "statement_date", "quantity"])


def agi_index_daily(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "goodheart_agi_index_daily.csv")
    table = rows.rename(columns={"date": "day", "p10_year": "p10", "p50_year": "p50", "p90_year": "p90"})
    return table.assign(available_from=table["day"])


def kalshi_turing_daily(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "kalshi_ai_turing_before_2030_daily.csv")
    return pd.DataFrame({"day": rows["date"], "probability": rows["probability_pct"] / 100, "available_from": rows["date"]})


def metaculus_3479_history(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "metaculus_q3479_history_2020_2021.csv").dropna(subset=["median_date"])
    quartiles = {"p25": "lower_quartile_date", "p50": "median_date", "p75": "upper_quartile_date"}
    table = pd.DataFrame({"day": rows["date"], "forecasters": rows["n_forecasters"]})
    for name, column in quartiles.items():
        table[name] = [decimal(pd.Timestamp(day)) if isinstance(day, str) else None for day in rows[column]]
    return table.assign(available_from=table["day"])


MILESTONES = {
    "ai_rd_parity": "AI_RD_PARITY",
    "ai_stack_and_conflict_parity": "AI_PROD_PARITY",
    "top_expert_dominating_ai": "TED_AI",
    "automated_coder": "AC",
}


def greenblatt_milestones(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "greenblatt_2026_milestone_cdf.csv")
    table = pd.DataFrame(
        {
            "person": rows["person"],
            "group": "practitioner",
            "event": rows["milestone"].map(MILESTONES),
            "statement_date": "2026-04-15",
            "year": rows["end_of_year"] + 1.0,
            "probability": rows["probability"],
        }
    )
    return table.sort_values(["event", "year"], kind="stable").assign(available_from="2026-04-30", grade="primary", quotes_document_under_test="false")


NOT_YET = "not reached: the source still dated it later after the deadline"
RESOLVED = "resolved by the platform"
LAST_LOOK = 2026 + 7.5 / 12


def resolved_forecasts(evidence: Path) -> pd.DataFrame:
    """Dated forecasts whose deadline had passed by the last statements of the same sources (August 2026), with their outcome."""
    rows = []

    def add(group, forecaster, milestone, stated, deadline, probability, happened, basis, source, known, grade):
        rows.append((group, forecaster, milestone, pd.Timestamp(stated).date(), round(float(deadline), 3), probability, happened, basis, source, known, grade))

    statements = expert_statements(evidence)
    milestones = {"SC_BAG": ("superhuman coder", "2026-08-16"), "SC_THE": ("superhuman coder", "2026-08-16"), "HLMI": ("human-level AI", "2025-01-31")}
    quantiles = statements[statements["quantity"].isin(["p05", "p10"]) & statements["event"].isin(milestones)]
    for row in quantiles[quantiles["year"] + quantiles["year_width"] / 2 < LAST_LOOK].itertuples():
        milestone, known = milestones[row.event]
        add(row.group, row.person, milestone, row.statement_date, row.year + (row.year_width / 2 if row.year_width == 1 else 0), row.probability, "false", NOT_YET, row.source, known, row.grade)

    snapshots = metaculus_snapshots(evidence)
    weak = snapshots[(snapshots["question"] == 3479) & (snapshots["quantity"] == "p25")]
    for row in weak.itertuples():
        if decimal(pd.Timestamp(row.statement_date)) < row.year < LAST_LOOK:
            add("platform", "Metaculus 3479", "weakly general AI", row.statement_date, row.year, row.probability, "false", NOT_YET, "metaculus3479", "2026-08-29", row.grade)
    history = metaculus_3479_history(evidence)
    early = history[history["p25"] < LAST_LOOK]
    for row in early.groupby(early["day"].str[:7]).tail(1).itertuples():
        add("platform", "Metaculus 3479", "weakly general AI", row.day, row.p25, 0.25, "false", NOT_YET, "metaculus3479", "2026-08-29", "primary")

    people = pd.read_csv(evidence / FOLDER / "samotsvety_2023_individual.csv")
    for row in people[people["year_p10"] < 2026].itertuples():
        add("superforecaster", f"Samotsvety {row.forecaster_id}", "adversarial Turing test", row.statement_date, row.year_p10 + 1, 0.1, "false", NOT_YET, "samotsvety2023update", "2026-08-31", "primary")

    prices = market_prices(evidence)
    done = prices[prices["kind"] == "resolution"].set_index("market")
    for market, first in prices[prices["market"].isin(done.index)].groupby("market").head(1).set_index("market").iterrows():
        known = str(done.loc[market, "statement_date"])
        milestone = {"OpenAI announces AGI": "OpenAI announces AGI", "weak AGI": "weakly general AI"}.get(first["event"], "AGI")
        add("platform", first["platform"], milestone, first["statement_date"], 2026, first["probability"], str(bool(done.loc[market, "probability"])).lower(), RESOLVED, "forecastbench2026", known, "primary")
    quoted = market_snapshots(evidence)
    for row in quoted[quoted["contract"].isin(["AGI before 2026", "OpenAI announces AGI in 2025"])].itertuples():
        milestone = "AGI" if row.contract == "AGI before 2026" else "OpenAI announces AGI"
        add("platform", f"{row.platform}, quoted", milestone, row.statement_date, 2026, row.probability, "false", NOT_YET if milestone == "AGI" else RESOLVED, row.source, "2026-01-01", "secondary")

    survey = pd.read_csv(evidence / FOLDER / "agi_survey_summary.csv")
    gold = survey[(survey["event_key"] == "IMO_GOLD") & (survey["quantity"] == "probability_by_2025")].iloc[0]
    add("superforecaster", "tournament of 2022", "gold at the mathematical olympiad", "2022-07-02", 2026, gold["value"], "true", "gold reached in July 2025", "karger2023xpt", "2025-07-31", "secondary")

    names = ("group", "forecaster", "milestone", "statement_date", "deadline", "probability", "happened", "basis", "source", "available_from", "grade")
    return pd.DataFrame(rows, columns=names).sort_values(["group", "forecaster", "milestone", "statement_date", "deadline"], kind="stable")


TABLES = (expert_statements, metaculus_snapshots, metaculus_cdf, market_prices, market_snapshots, agi_index_daily, kalshi_turing_daily, metaculus_3479_history, greenblatt_milestones, resolved_forecasts)


if __name__ == "__main__":
    run(__doc__, TABLES)

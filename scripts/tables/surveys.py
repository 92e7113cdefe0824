"""Reduce the surveys on the date of AGI to the tables of the book.

Usage: python scripts/tables/surveys.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from writer import run

FOLDER = "forecasts"

# Survey: day of publication (the last day of the year where only that is printed), key in the bibliography.
SURVEYS = {
    "ESPAI 2016": ("2022-08-04", "lispc2026predictions"),
    "ESPAI 2022": ("2022-08-04", "quri2026longterm"),
    "ESPAI 2023": ("2024-01-05", "grace2024thousands"),
    "ESPAI 2023 re-analysis": ("2024-12-16", "adamczewski2024survey"),
    "XPT 2022": ("2023-12-31", "karger2023xpt"),
    "Samotsvety 2022": ("2022-09-09", "samotsvety2022risks"),
    "Samotsvety 2023": ("2023-01-24", "samotsvety2023update"),
    "LEAP wave 8 (2026)": ("2026-11-22", "lispc2026predictions"),
    "AI Digest survey 2025": ("2025-12-31", "lispc2026predictions"),
    "Digital Minds 2025": ("2025-12-31", "quri2026longterm"),
}
EVENTS = {
    "HLMI": "machines do every task better and more cheaply",
    "FAOL": "full automation of labour",
    "HLMI_FAOL": "every task, and every occupation, taken together",
    "AGI_BOSTROM_AFFIRMS": "Nick Bostrom affirms AGI",
    "IMO_GOLD": "gold at the mathematical olympiad",
    "AGI_METACULUS_DEFINITION": "Metaculus's strong AGI",
    "AGI_FTX": "AGI as the Future Fund defined it",
    "AGI_ADVERSARIAL_TURING": "adversarial Turing test",
    "AGI_CONDITIONAL": "AGI, given that it comes",
    "AGI": "AGI, not defined further",
}


def espai_timelines(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "espai2023_individual_timelines.csv")
    rows = rows[rows["question"].isin(["HLMI", "FAOL"])].sort_values(["question", "framing", "respondent_id"])
    table = pd.DataFrame(
        {
            "respondent": rows["respondent_id"],
            "question": rows["question"],
            "framing": rows["framing"].str.replace("_", " "),
            **{f"answer_{k}": rows[f"answer_{k}"] for k in (1, 2, 3)},
            "gamma_shape": rows["gamma_shape"].map("{:.5g}".format),
            "gamma_scale": rows["gamma_scale_years"].map("{:.5g}".format),
        }
    )
    return table.assign(available_from=SURVEYS["ESPAI 2023"][0])


def samotsvety_forecasters(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "samotsvety_2023_individual.csv")
    table = rows.rename(columns={"forecaster_id": "forecaster", "statement_date": "stated"})
    for column in ("year_p10", "year_p50", "year_p90"):
        table[column] = table[column].astype("Int64")
    return table.assign(available_from=SURVEYS["Samotsvety 2023"][0])


def agi_survey_summary(evidence: Path) -> pd.DataFrame:
    rows = pd.read_csv(evidence / FOLDER / "agi_survey_summary.csv")
    quantile = rows["quantity"].str.extract(r"^p(\d\d)_")[0].astype(float) / 100
    by_year = rows["quantity"].str.extract(r"_by_(\d{4})$")[0].astype(float)
    within = rows["quantity"].str.extract(r"_within_(\d+)_years$")[0].astype(float)
    ahead = rows["quantity"].str.endswith("years_ahead")
    year = by_year.fillna(rows["year"] + within).fillna(rows["value"] + rows["year"].where(ahead, 0))
    table = pd.DataFrame(
        {
            "survey": rows["survey"],
            "asked": rows["year"],
            "group": rows["group"],
            "respondents": rows["n_respondents"].astype("Int64"),
            "event": rows["event_key"].map(EVENTS),
            "year": year,
            "probability": quantile.fillna(rows["value"]),
            "quantity": quantile.notna().map({True: "year", False: "probability"}),
            "confidence": rows["confidence"],
            "grade": rows["confidence"].map({"high": "primary"}).fillna("secondary"),
            "source": rows["survey"].map(lambda name: SURVEYS[name][1]),
        }
    )
    # Read in notes or in a transcription, not in the report itself.
    table.loc[rows["source"].str.contains("agi-predictions notes|data set|Longterm Wiki"), "grade"] = "secondary"
    table.loc[rows["source"] == "agi-predictions notes", "source"] = "lispc2026predictions"
    return table.assign(available_from=rows["survey"].map(lambda name: SURVEYS[name][0])).sort_values(["survey", "group", "event", "probability", "year"])


TABLES = (espai_timelines, samotsvety_forecasters, agi_survey_summary)


if __name__ == "__main__":
    run(__doc__, TABLES)

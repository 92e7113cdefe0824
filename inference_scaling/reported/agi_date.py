"""Numbers of the section on the pooled date of AGI."""

import pandas as pd

from inference_scaling.estimates import Estimate
from inference_scaling.forecasts import agi_date, definitions
from inference_scaling.forecasts.members import GROUPS, OLDEST_YEARS, SPREAD

# A statement is called old if it was made before this year.
OLD_BEFORE = 2024.0
SHORT = {"platforms": "platforms", "superforecasters": "super", "surveys": "surveys", "practitioners": "practitioners"}


def numbers(dates: agi_date.Study) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    groups = dates.groups.set_index(["date", "group"])
    found: dict[str, Estimate | str] = {}
    for date, suffix in {"2025-01": "then", "today": "now"}.items():
        equal = groups.loc[date, "equal weights"]
        found |= {f"median_{suffix}": _year(equal["median"]), f"by30_{suffix}": _percent(equal["by_2030"]), f"by40_{suffix}": _percent(equal["by_2040"])}
        interval = dates.medians[date]
        found |= {f"offset_low_{suffix}": _year(interval.low), f"offset_high_{suffix}": _year(interval.high)}
        for group in GROUPS:
            row = groups.loc[date, group]
            found |= {f"{SHORT[group]}_{suffix}": _year(row["median"])}
            if group in ("surveys", "practitioners"):
                found |= {f"{SHORT[group]}_n_{suffix}": str(int(row["sources"]))}
    found |= _silent(dates) | _choices(dates) | _weights(dates.members)
    offsets = agi_date.offset_table(dates.offsets["today"]).set_index("event")["factor"]
    found |= {"weak": offsets["weak"], "turing": offsets["turing"]}
    found |= {"sets_now": str(definitions.pairs(dates.as_of["today"])["set"].nunique()), "sets_then": str(definitions.pairs(dates.as_of["2025-01"])["set"].nunique())}
    kinds = dict(tuple(dates.moves.groupby("kind")))
    sources, moves, same = (kinds[kind].set_index("source") for kind in ("source", "group", "same sources"))
    index = sources.loc["AGI index"]
    found |= {"index_before": f"{index['median_before']:.1f}", "index_told": f"{index['median_no_news']:.1f}", "index_after": f"{index['median_after']:.1f}"}
    found |= {"largest_z": f"{sources['z'].abs().max():.1f}", "sources_moved": str(len(sources))}
    found |= {f"{SHORT[group]}_z": f"{moves.loc[group, 'z']:.1f}" for group in GROUPS}
    found |= {f"same_{name}": _year(same.loc["practitioners", column]) for name, column in {"then": "median_before", "told": "median_no_news", "now": "median_after"}.items()}
    means = dates.scores.groupby("group")["log_score"].mean()
    found |= {f"score_{SHORT[group]}": f"{means[group]:.2f}".replace("-", "−") for group in GROUPS}
    general = dates.scores[dates.scores["event"] == "general"].set_index("group")["probability"]
    found |= {"gone_platforms": _percent(general["platforms"]), "gone_super": _percent(general["superforecasters"])}
    found |= {"milestones": str(dates.scores["event"].nunique()), "oldest": f"{OLDEST_YEARS:.0f}", "spread": f"{SPREAD:.1f}"}
    until = pd.to_datetime(dates.scores["until"])
    found |= {"until_general": f"{until[dates.scores['event'].eq('general')].iloc[0]:%B %Y}"}
    factors = {date: agi_date.offset_table(dates.offsets[date]).set_index("event")["factor"]["adversarial"] for date in agi_date.DATES}
    found |= {"adversarial_then": factors["2025-01"].value_text, "adversarial_now": factors["today"].value_text}
    ratios = dates.ratios.set_index(["first", "second"])["factor"]
    return found | {"coder_experts": ratios["coder", "dominating"]}


def _silent(dates: agi_date.Study) -> dict[str, str]:
    """What moved, under one fit of the offsets."""
    rows, found = dates.silent.set_index("crowd"), {}
    for crowd, key in {"everybody": "all", "in both pools": "both"}.items():
        found |= {f"{key}_{name}": _year(rows.loc[crowd, column]) for name, column in {"then": "then", "told": "no_news", "now": "now"}.items()}
    both = rows.loc["in both pools"]
    found["both_years"] = f"{both['no_news'] - both['now']:.1f}"
    members, spoke = dates.members, dates.spoke
    shared = set.intersection(*(set(own["source"]) for _, own in members.groupby("date")))
    earlier = spoke["now"] < spoke["no_news"]
    found |= {"both_sources": str(len(shared)), "both_spoke": str(len(spoke)), "both_earlier": str(int(earlier.sum())), "both_later": str(int((~earlier).sum()))}
    return found | {"told30": _percent(rows.loc["everybody", "by_2030"])}


def _choices(dates: agi_date.Study) -> dict[str, str]:
    """Medians under other choices of method, other members, and another fit of the offsets."""
    changes, found = dates.sensitivity.set_index(["date", "assumption"]), {}
    for date, suffix in {"2025-01": "then", "today": "now"}.items():
        own = changes.loc[date]
        found |= {f"least_{suffix}": _year(own.loc[list(agi_date.CHOICES), "median"].min()), f"most_{suffix}": _year(own.loc[list(agi_date.CHOICES), "median"].max())}
        refit = next(name for name in own.index if name.startswith(agi_date.OTHER_FIT))
        found |= {f"refit_{suffix}": _year(own.loc[refit, "median"]), f"refit_super_{suffix}": _year(own.loc[refit, "superforecasters"])}
        found |= {f"unlinked_{suffix}": _year(own.loc[agi_date.UNLINKED, "median"]), f"unlinked_super_{suffix}": _year(own.loc[agi_date.UNLINKED, "superforecasters"])}
        found[f"both_asof_{suffix}"] = _year(own.loc[agi_date.BOTH, "median"])
    found |= {"samotsvety_then": _year(changes.loc[("2025-01", agi_date.BOTH), "superforecasters"]), "samotsvety_now": _year(changes.loc[("today", agi_date.BOTH), "superforecasters"])}
    found |= {"held_then": _year(changes.loc[("2025-01", agi_date.HELD), "median"]), "no_public": _year(changes.loc[("today", agi_date.NO_PUBLIC), "median"])}
    return found | {"third_hand": _year(changes.loc[("today", agi_date.THIRD_HAND), "median"])}


def _weights(members: pd.DataFrame) -> dict[str, str]:
    """What part of today's pool, groups weighing alike, rests on old statements and on one public survey."""
    now = members[members["date"] == "today"]
    part = now["weight"] / now.groupby("group")["weight"].transform("sum") / len(GROUPS)
    old, public = now["stated"] < OLD_BEFORE, now["source"].str.startswith("AI Digest")
    return {"old_share": _percent(part[old].sum()), "old_before": f"{OLD_BEFORE:.0f}", "public_share": _percent(part[public].sum())}


def sensitivity_table(dates: agi_date.Study) -> pd.DataFrame:
    """Median year of the pool at equal weights under other assumptions, and of the superforecasters among them, as printed."""
    wide = dates.sensitivity.assign(assumption=dates.sensitivity["assumption"].str.replace(f"{agi_date.OTHER_FIT} .*", "offsets as fitted with the other date's rows", regex=True))
    columns = {f"{what}, {when}": wide[wide["date"] == date].set_index("assumption")[column] for what, column in {"pool": "median", "superforecasters": "superforecasters"}.items() for date, when in {"2025-01": "January 2025", "today": "today"}.items()}
    shown = pd.DataFrame(columns).reindex(wide["assumption"].unique())
    return shown.map(lambda year: "" if pd.isna(year) else _year(year)).reset_index()


def leaving_table(dates: agi_date.Study) -> pd.DataFrame:
    """Who passes the age limit next, and who joined or left since the text was written, as printed."""
    rows = dates.leaving.assign(what=[f"{n} will leave in {int(year)}: {names}" for n, year, names in zip(dates.leaving["sources"], dates.leaving["leaves"], dates.leaving["names"])])
    changed = dates.changed.assign(what=dates.changed["source"] + " " + dates.changed["change"] + " since this text was written")
    return pd.concat([rows, changed])[["group", "what"]].rename(columns={"what": "membership"})


def _year(value: float) -> str:
    """Nearest beginning of a year."""
    return "after 2100" if value > agi_date.YEARS[-1] else f"{value:.0f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"



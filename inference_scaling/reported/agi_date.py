"""Numbers of the section on the pooled date of AGI."""

from inference_scaling.estimates import Estimate
from inference_scaling.forecasts import agi_date, definitions
from inference_scaling.forecasts.mapping import told_not_by
from inference_scaling.forecasts.members import GROUPS, OLDEST_YEARS, SPREAD

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
    told = agi_date.summary(told_not_by(agi_date.pooled(dates.grid, "2025-01", dict.fromkeys(GROUPS, 1)), dates.as_of["today"], agi_date.YEARS))
    found |= {"told": _year(told["median"]), "told30": _percent(told["by_2030"])}
    changes = dates.sensitivity[dates.sensitivity["assumption"] != "as shown"].set_index(["date", "assumption"])
    for date, suffix in {"2025-01": "then", "today": "now"}.items():
        own = changes.loc[date]["median"]
        inner = own.drop(index=["offsets at their lower end", "offsets at their upper end", "only the sources that are in both pools", "views held then, published later"], errors="ignore")
        found |= {f"least_{suffix}": _year(inner.min()), f"most_{suffix}": _year(inner.max())}
    found["held_then"] = _year(changes.loc[("2025-01", "views held then, published later"), "median"])
    both = changes["median"].xs("only the sources that are in both pools", level="assumption")
    found |= {"both_then": _year(both["2025-01"]), "both_now": _year(both["today"])}
    found["third_hand"] = _year(changes.loc[("today", "survey rows known at third hand admitted"), "median"])
    offsets = agi_date.offset_table(dates.offsets["today"]).set_index("event")["factor"]
    found |= {"weak": offsets["weak"], "turing": offsets["turing"]}
    found |= {"sets_now": str(definitions.pairs(dates.as_of["today"])["set"].nunique()), "sets_then": str(definitions.pairs(dates.as_of["2025-01"])["set"].nunique())}
    kinds = dict(tuple(dates.moves.groupby("kind")))
    sources, moves, same = (kinds[kind].set_index("source") for kind in ("source", "group", "same sources"))
    index = sources.loc["AGI index"]
    found |= {"index_before": f"{index['median_before']:.1f}", "index_told": f"{index['median_no_news']:.1f}", "index_after": f"{index['median_after']:.1f}"}
    found |= {"largest_z": f"{sources['z'].abs().max():.1f}", "sources_moved": str(len(sources))}
    found |= {"groups_z": f"{moves['z'].abs().max():.1f}"}
    found |= {"same_then": _year(same.loc["practitioners", "median_before"]), "same_now": _year(same.loc["practitioners", "median_after"])}
    means = dates.scores.groupby("group")["log_score"].mean()
    found |= {f"score_{SHORT[group]}": f"{means[group]:.2f}".replace("-", "−") for group in GROUPS}
    general = dates.scores[dates.scores["event"] == "general"].set_index("group")["probability"]
    found |= {"gone_platforms": _percent(general["platforms"]), "gone_super": _percent(general["superforecasters"])}
    found |= {"milestones": str(dates.scores["event"].nunique()), "oldest": f"{OLDEST_YEARS:.0f}", "spread": f"{SPREAD:.1f}"}
    return found


def _year(value: float) -> str:
    """Nearest beginning of a year."""
    return "after 2100" if value > agi_date.YEARS[-1] else f"{value:.0f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"



"""Numbers of the section that turns statements into dates."""

from inference_scaling.estimates import Estimate, number_text
from inference_scaling.forecasts import surveys
from inference_scaling.forecasts.answers import FRAMINGS

# A year that lies beyond every number of the forecaster shown.
LATE = 2200


def _span(values) -> str:
    """Smallest and largest calendar year."""
    low, high = int(values.min()), int(values.max())
    return f"{low}" if low == high else f"{low} to {high}"


def numbers(study: surveys.Study) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    by = study.rules.set_index(["crowd", "rule"])
    all_rules = by.loc[surveys.BOTH]
    panel = by.loc["Samotsvety"]
    mean = by.xs(surveys.RULES[0], level="rule")
    late = [float(law.cdf(LATE)) for law in study.first.values()]
    widths = study.copies.set_index("sources")["width"]
    other = study.sensitivity.set_index("assumption").iloc[1]
    check = study.check.set_index(["framing", "probability"])
    first, second = FRAMINGS
    return dict(
        researchers=f"{study.respondents:,}",
        mean_p10=f"{int(mean.loc[surveys.BOTH, 'p10'])}",
        mean_p50=f"{int(mean.loc[surveys.BOTH, 'p50'])}",
        medians=_span(all_rules["p50"]),
        p10s=_span(all_rules["p10"]),
        p90s=_span(all_rules["p90"]),
        labour=f"{int(mean.loc[surveys.LABOUR, 'p50'])}",
        first_median=f"{int(mean.loc[first, 'p50'])}",
        second_median=f"{int(mean.loc[second, 'p50'])}",
        framing_factor=study.framing_factor,
        own=study.shares["own"],
        people=study.shares["people"],
        framing=study.shares["framing"],
        own_other=number_text(other["own"], 0),
        people_other=number_text(other["people"], 0),
        framing_other=number_text(other["framing"], 0),
        own_sd=study.by_framing[first]["own"],
        people_sd=study.by_framing[first]["people"],
        own_sd_second=study.by_framing[second]["own"],
        people_sd_second=study.by_framing[second]["people"],
        check_pooled=number_text(check.loc[(first, 0.5), "pooled"], 0),
        check_modelled=number_text(check.loc[(first, 0.5), "modelled"], 0),
        check_pooled_second=number_text(check.loc[(second, 0.5), "pooled"], 0),
        check_modelled_second=number_text(check.loc[(second, 0.5), "modelled"], 0),
        check_late=number_text(check.loc[(second, 0.75), "pooled"], 0),
        check_late_modelled=number_text(check.loc[(second, 0.75), "modelled"], 0),
        panel=f"{len(surveys.samotsvety())}",
        panel_medians=_span(panel["p50"]),
        panel_late=_span(panel["p90"]),
        shapes_year=f"{LATE}",
        shapes_low=f"{100 * min(late):.0f}",
        shapes_high=f"{100 * max(late):.0f}",
        stated_factor=number_text(10 ** study.copies["stated"].iloc[0], 0),
        one_factor=number_text(10 ** widths[1], 0),
        fifty_factor=number_text(10 ** widths[50], 0),
        thousand_factor=number_text(10 ** widths[1000], 0),
    )

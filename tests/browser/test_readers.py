"""Sliders and choices of the built pages compute what the Python functions compute."""

from __future__ import annotations

import pytest
from live import upgraded

from inference_scaling import export_controls
from inference_scaling.export_controls import rules
from inference_scaling.forecasts import agi_date
from inference_scaling.overhang import copies


def texts(page, figure: str) -> str:
    """What the chart's result says, its texts in drawing order."""
    return " ".join(page.locator(f"{figure} .chart-live g[class*='result'] text").all_text_contents())


def set_inputs(page, figure: str, values: dict[str, object]) -> None:
    for name, value in values.items():
        field = page.locator(f"{figure} .chart-live [name='{name}']")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.evaluate("(field, value) => { field.value = value; field.dispatchEvent(new Event('input', { bubbles: true })); }", str(value))
    page.wait_for_timeout(300)


def pooled_date(**weights: float) -> list[str]:
    found = agi_date.reader_pool(**weights)
    median = [f"{found[f'median_{date}']:.1f}" for date in ("2025", "today")]
    return median + [f"{100 * found[f'{name}_{date}']:.0f} %" for name in ("by_2030", "by_2040") for date in ("2025", "today")]


def workers(**inputs: float) -> list[str]:
    number = float(f"{copies.reader_copies(**inputs)['workers']:.2g}")
    return [(f"{number:,.0f}" if number >= 10 else f"{number:g}") + " workers at human speed"]


CHIPS = [dict(zip(copies.SLIDERS, values)) for values in ((5, 0.5, 1000, 5.0), (0.1, 0.05, 50, 9.2), (50, 1, 5000, 4.0))]
POOL = [dict(zip(("platforms", "superforecasters", "surveys", "practitioners"), weights)) for weights in ((1, 1, 1, 1), (10, 0, 0, 0), (0, 10, 0, 0), (3, 1, 0, 7), (0, 0, 0, 0))]
RULES = [{"rule": rule, "year": year} for rule, year in zip(rules.RULES.values(), (2023, 2024, 2026, 2022))]


def outcomes(rule: str, year: int) -> list[str]:
    found = rules.reader_rules(export_controls.study().sheet, rule, year)
    denied, reviewed, excepted, outside, unknown = (found[name] for name in rules.OUTCOMES)
    return [f"Of {found['chips']} chips: {denied} {rules.CAUGHT}, {reviewed} {rules.REVIEWED},", f"{excepted} by exception, {outside} {rules.OUTSIDE}, {unknown} {rules.UNKNOWN}"]


# page, figure, settings, expected texts of the result
READERS = {"agi-date-reader": ("agi-timelines", POOL, pooled_date), "overhang-copies": ("deployment-overhang", CHIPS, workers), "export-explorer": ("export-controls", RULES, outcomes)}


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("figure", READERS)
def test_what_a_reader_sets_is_what_python_computes(browser, site_url, figure, width):
    chapter, settings, expected = READERS[figure]
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.goto(site_url + f"notebooks/{chapter}.html")
    anchor = f"#fig-{figure}"
    page.locator(anchor).scroll_into_view_if_needed()
    upgraded(page, anchor)
    for setting in settings:
        set_inputs(page, anchor, setting)
        shown = texts(page, anchor)
        for text in expected(**setting):
            assert text in shown, (setting, text, shown)
    page.close()

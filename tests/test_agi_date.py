"""The pooled date of AGI: who is in the pools, how definitions are mapped, what the page's sliders compute, and what happened since."""

import copy
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_scaling import charts, sampling
from inference_scaling.figures import agi_date as figures
from inference_scaling.forecasts import DateDistribution, agi_date, decimal_year, definitions, experts, mapping, milestones, offsets
from inference_scaling.forecasts.members import GROUPS, OLDEST_YEARS, SPREAD, SPREAD_FACTOR, Member, members

THEN = agi_date.DOCUMENT_DATE


def member(distribution: DateDistribution, group: str = "platforms", event: str = "weak", source: str = "somebody") -> Member:
    return Member(group, source, event, distribution, 1.0, "primary", "2025-01-01")


SAMPLE = DateDistribution.from_quantiles({0.1: 2027, 0.5: 2034, 0.9: 2060}, "2024-06-30")
WEIGHT = st.integers(0, 10)


# Who is in the pools


@pytest.mark.parametrize("as_of", [THEN, "2026-11-22"])
def test_only_what_was_public_and_is_not_too_old(as_of):
    found = members(as_of)
    assert {m.group for m in found} == set(GROUPS)
    for m in found:
        assert m.available_from <= as_of
        assert decimal_year(as_of) - OLDEST_YEARS <= m.distribution.stated <= decimal_year(as_of)
    assert len({m.source for m in found}) == len(found)


def test_the_document_under_test_is_not_in_its_own_pool():
    """The post's figure for Metaculus 5121 was mid-2031 on its own day; the pool uses the older quote of another."""
    own = next(m for m in members(THEN) if m.source == "Metaculus 5121")
    assert own.available_from == "2024-03-17"


def test_views_published_later_come_in_on_request_only():
    assert "Ryan Greenblatt" not in {m.source for m in members(THEN)}
    late = {m.source: m for m in members(THEN, published=agi_date.HINDSIGHT)}
    assert late["Ryan Greenblatt"].distribution.cdf(2029.0) == pytest.approx(0.25)
    assert all(m.distribution.stated < decimal_year("2025-03-01") for m in late.values())


def test_todays_platforms_are_the_stored_snapshots():
    """Quartiles of the newest capture, given that the event had not come by then: a tenth of the community's probability lay before."""
    own = next(m for m in members("2026-11-22") if m.source == "Metaculus 5121")
    median, upper = decimal_year("2031-03-16"), decimal_year("2037-10-29")
    gone = 0.1 + 0.15 * (decimal_year("2026-09-25") - decimal_year("2026-09-18")) / (decimal_year("2028-04-26") - decimal_year("2026-09-18"))
    assert own.distribution.cdf(median) == pytest.approx((0.5 - gone) / (1 - gone), abs=1e-6)
    assert own.distribution.cdf(upper) == pytest.approx((0.75 - gone) / (1 - gone), abs=1e-6)


def log_spread(distribution: DateDistribution) -> float:
    low, high = np.log(distribution.quantile([0.1, 0.9]) - distribution.stated)
    return float((high - low) / 2.563)


def test_the_assumed_spread_is_that_of_those_who_state_one():
    assumed = log_spread(DateDistribution.from_point(2035.0, 2025.0, log_sd=SPREAD, log_sd_factor=SPREAD_FACTOR))
    everybody = {m.source: log_spread(m.distribution) for day in (THEN, "2026-11-22") for m in members(day)}
    stated = [spread for spread in everybody.values() if abs(spread - assumed) > 1e-6]
    assert len(stated) > 10
    assert np.median(stated) == pytest.approx(assumed, abs=0.15)
    assert np.std(np.log(stated)) == pytest.approx(np.log(SPREAD_FACTOR), abs=0.1)


# Definitions


@pytest.mark.parametrize("offset", [-0.8, 0.0, 0.6])
def test_mapping_is_a_shift_that_knows_what_has_not_happened(offset):
    years = np.array([2025.5, 2030.0, 2040.0, 2080.0])
    expected = SAMPLE.shift(factor=float(np.exp(offset))).given_not_by(THEN).cdf(years)
    found = mapping.mapped_cdf(member(SAMPLE), np.array([offset]), years, THEN)
    assert found[0] == pytest.approx(expected, abs=1e-9)


def test_added_and_multiplied_offsets_agree_at_the_typical_distance():
    stated = decimal_year("2025-01-14")
    law = DateDistribution.from_quantiles({0.1: stated + 2, 0.5: stated + mapping.TYPICAL_YEARS, 0.9: stated + 12}, stated)
    target = np.array([stated + mapping.TYPICAL_YEARS * np.exp(0.5)])
    both = [mapping.mapped_cdf(member(law), np.array([0.5]), target, THEN, added=added)[0, 0] for added in (False, True)]
    assert both[0] == pytest.approx(0.5, abs=1e-9)
    # The added offset is told, besides, that the event is not in the first years.
    assert both[1] == pytest.approx(0.5, abs=0.01)


def test_pairs_use_only_what_was_public():
    then, now = definitions.pairs(THEN), definitions.pairs("2026-11-22")
    assert then["available_from"].max() <= pd.Timestamp(THEN) and set(then["set"]) == {"Metaculus, early 2024"}
    assert len(now["set"].unique()) > 4
    assert not now.duplicated(["set", "event"]).any() and (now["years_ahead"] > 0).all()


def test_contrasts_do_not_know_how_far_off_a_set_holds_everything():
    rows = definitions.pairs("2026-11-22")
    design, value = definitions.contrasts(rows)
    shifted = rows.assign(years_ahead=rows["years_ahead"] * rows["set"].map(lambda name: 1 + len(name)))
    assert definitions.contrasts(shifted)[1] == pytest.approx(value)
    assert len(value) == len(rows) - rows["set"].nunique()
    assert design.sum(1) == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
def test_offsets_are_recovered_from_simulated_sets():
    rng = np.random.default_rng(11)
    mean, covariance = definitions.prior_moments()
    truth = dict(zip(definitions.EVENTS, rng.multivariate_normal(mean, covariance))) | {definitions.TARGET: 0.0}
    rows = [
        {"set": f"set {number}", "event": event, "years_ahead": np.exp(2 + 0.1 * number - truth[event] + 0.2 * rng.normal())}
        for number in range(6)
        for event in [definitions.TARGET, *rng.choice(definitions.EVENTS, 4, replace=False)]
    ]
    rows = pd.DataFrame(rows)
    tree = sampling.fit(definitions.offset_model(rows), name="offsets of simulated sets", **definitions.DRAWS)
    draws = definitions.offset_draws(rows, sampling.draws(tree, "definitions::sigma"))
    for column, event in enumerate(definitions.EVENTS):
        low, high = np.quantile(draws[:, column], [0.005, 0.995])
        assert low < truth[event] < high, event
    seen = [event for event in rows["event"].unique() if event != definitions.TARGET]
    assert np.mean([draws[:, definitions.EVENTS.index(event)].std() < 0.75 * definitions.prior(event)[1] for event in seen]) > 0.7


def test_offset_draws_are_those_of_the_normal_posterior():
    rows = definitions.pairs("2026-11-22")
    draws = definitions.offset_draws(rows, np.full(40_000, 0.2))
    design, value = definitions.contrasts(rows)
    mean, covariance = definitions.prior_moments()
    precision = np.linalg.inv(covariance) + design[:, 1:].T @ design[:, 1:] / 0.2**2
    centre = np.linalg.solve(precision, np.linalg.solve(covariance, mean) - design[:, 1:].T @ value / 0.2**2)
    assert draws.mean(0) == pytest.approx(centre, abs=0.015)
    assert np.cov(draws.T) == pytest.approx(np.linalg.inv(precision), abs=0.01)


@pytest.mark.slow
def test_the_chain_of_offsets_agrees_with_the_single_pair(study):
    """Another estimator, from pairs of two events on one day and with its own prior, for the two questions of Metaculus."""
    table = offsets.log_times(experts.platform_medians()).query("day <= @today", local_dict={"today": pd.Timestamp("2026-11-22")})
    pair = offsets.offset(table, "first weakly general AI system", "first general AI system")
    low, high = np.exp(np.quantile(study.offsets["today"]["weak"], [0.05, 0.95]))
    assert low < pair.median < high and pair.low < np.exp(np.median(study.offsets["today"]["weak"])) < pair.high


@pytest.mark.slow
def test_what_nobody_dates_stays_at_its_prior_and_what_is_dated_does_not(study):
    for event in ("remote", "unspecified", "every task"):
        mean, sd = definitions.prior(event)
        assert study.offsets["today"][event].mean() == pytest.approx(mean, abs=0.1)
        assert study.offsets["today"][event].std() == pytest.approx(sd, rel=0.1)
    assert study.offsets["today"]["weak"].std() < 0.4 * definitions.prior("weak")[1]
    # Metaculus's own questions, one month: 6.7 years against 2.1, a factor of 3.2, and 3.1 in early 2024.
    assert 2.2 < np.exp(np.median(study.offsets["today"]["weak"])) < 3.5


# Pools


@pytest.fixture(scope="module")
def study() -> agi_date.Study:
    return agi_date.study()


def test_told_on_a_grid_is_told_exactly():
    years = np.arange(2025.0, 2101.0, 0.25)
    before = SAMPLE.given_not_by(THEN)
    found = mapping.told_not_by(before.cdf(years), "2026-07-02", years)
    assert found == pytest.approx(SAMPLE.given_not_by("2026-07-02").cdf(years), abs=2e-3)


def test_median_year_on_a_grid():
    years = np.array([2025.0, 2026.0, 2027.0])
    assert mapping.median_year(np.array([0.0, 0.25, 0.75]), years) == pytest.approx(2026.5)
    assert mapping.median_year(np.array([0.0, 0.1, 0.4]), years) == np.inf


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("value", [-1, 10.5, float("nan")])
def test_weights_outside_the_sliders_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must lie between 0 and 10"):
        agi_date.reader_pool(**{name: value})


def test_the_table_of_snapshots_shows_titles_as_text(monkeypatch):
    rows = agi_date.tables.load("platform_snapshots")
    monkeypatch.setattr(agi_date.tables, "load", lambda name: rows.assign(title="<img src=x onerror=alert(1)> & <b>AGI</b>"))
    page = agi_date.snapshot_table()._repr_html_()
    assert "&lt;img src=x" in page and "<img" not in page and "<b>" not in page


def test_the_table_of_snapshots_has_each_question_once_with_its_newest_day():
    shown = agi_date.snapshot_table()
    rows = agi_date.tables.load("platform_snapshots")
    assert len(shown) == rows["question_id"].nunique()
    assert shown.loc[shown["question"] == "first general AI system", "day"].item() == rows.loc[rows["question_id"] == "5121", "snapshot_date"].max().date().isoformat()


@pytest.mark.slow
def test_all_zero_is_equal_and_only_ratios_matter(study):
    assert agi_date.reader_pool(0, 0, 0, 0) == agi_date.reader_pool(1, 1, 1, 1) == pytest.approx(agi_date.reader_pool(7, 7, 7, 7))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(WEIGHT, WEIGHT, WEIGHT, WEIGHT)
def test_the_pool_lies_between_its_groups(a, b, c, d):
    found, own = agi_date.reader_pool(a, b, c, d), agi_date.study().groups.set_index(["date", "group"])
    used = [group for group, weight in zip(GROUPS, (a, b, c, d)) if weight or not a + b + c + d]
    for date, suffix in {"2025-01": "2025", "today": "today"}.items():
        for name in ("by_2030", "by_2040", "median"):
            values = [own.loc[(date, group), name] for group in used]
            assert min(values) - 1e-9 <= found[f"{name}_{suffix}"] <= max(values) + 1e-9


@pytest.mark.slow
def test_grids_are_distribution_functions(study):
    for _, rows in study.grid.groupby("date"):
        values = rows[list(GROUPS)].to_numpy()
        assert (np.diff(values, axis=0) >= 0).all() and (values[0] == 0).all() and (values[-1] < 1).all()
    assert (study.bands["low"] <= study.bands["middle"] + 1e-9).all() and (study.bands["middle"] <= study.bands["high"] + 1e-9).all()


def drawn(study: agi_date.Study, weights: dict[str, int]) -> list[str]:
    """Texts of the chart with the sliders set, drawn by Vega itself."""
    figure = charts.figure(figures.reader(study.grid), name="agi-date-reader", title="t", description="d" * 50, source="s", data=study.grid)
    spec = copy.deepcopy(figure.spec)
    sliders = [param for param in spec["params"] if param["name"] in weights]
    assert len(sliders) == len(GROUPS)
    for param in sliders:
        param["value"] = weights[param["name"]]
    return re.findall(r"<text[^>]*>([^<]*)</text>", charts.draw(spec, 680))


@pytest.mark.slow
@pytest.mark.parametrize("values", [(1, 1, 1, 1), (10, 0, 0, 0), (0, 10, 0, 0), (0, 0, 10, 0), (0, 0, 0, 10), (3, 1, 0, 7), (0, 0, 0, 0)])
def test_the_page_computes_what_python_computes(study, values):
    weights = dict(zip(GROUPS, values))
    found = agi_date.reader_pool(**weights)
    texts = drawn(study, weights)
    for suffix in ("2025", "today"):
        median = found[f"median_{suffix}"]
        assert ("after 2100" if np.isinf(median) else f"{median:.1f}") in texts
        assert f"{100 * found[f'by_2030_{suffix}']:.0f} %" in texts
        assert f"{100 * found[f'by_2040_{suffix}']:.0f} %" in texts


# What happened since


def test_a_source_that_only_learns_that_nothing_came_is_not_surprised():
    told = SAMPLE.given_not_by("2026-06-30")
    found = milestones.surprise(SAMPLE, told)
    assert found["z"] == pytest.approx(0, abs=1e-9)
    assert found["median_before"] < found["median_no_news"] == found["median_after"]


def test_surprises_of_a_calibrated_source_have_variance_one():
    """A martingale whose news comes evenly: the log odds of a normal signal seen through noise that shrinks to nothing by the year."""
    rng = np.random.default_rng(3)
    share, n = 0.3, 200_000
    # Probability of Brownian motion ending above 0, seen at 0 and at `share` of the way, from a random start that spreads the outcomes.
    from scipy.special import ndtr

    start = rng.normal(0, 1.0, n)
    p, q = ndtr(start), ndtr((start + np.sqrt(share) * rng.normal(size=n)) / np.sqrt(1 - share))
    z = (q - p) / np.sqrt(p * (1 - p) * share)
    assert z.mean() == pytest.approx(0, abs=0.01)
    # Information does not come evenly in probability, only nearly so.
    assert 0.7 < z.std() < 1.1


def test_scores_punish_early_dates():
    early = DateDistribution.from_quantiles({0.25: 2026, 0.75: 2029}, "2025-01-01")
    late = DateDistribution.from_quantiles({0.25: 2035, 0.75: 2060}, "2025-01-01")
    offsets = {event: np.zeros(2) for event in definitions.EVENTS} | {definitions.TARGET: np.zeros(2)}
    people = [member(early, "platforms", definitions.TARGET, "a"), member(late, "surveys", definitions.TARGET, "b")]
    found = milestones.scores({"2025-01": THEN}, people, offsets).set_index(["event", "group"])
    assert (found["log_score"] <= 0).all()
    for event, day in milestones.STILL_AHEAD.items():
        p = early.given_not_by(THEN).cdf(decimal_year(day))
        assert found.loc[(event, "platforms"), "probability"] == pytest.approx(float(p), abs=1e-9)
        assert found.loc[(event, "platforms"), "log_score"] == pytest.approx(np.log1p(-p), abs=1e-9)
        assert found.loc[(event, "platforms"), "log_score"] < found.loc[(event, "surveys"), "log_score"]


def test_an_event_that_lies_nearer_is_scored_as_nearer():
    offsets = {event: np.full(2, 0.7) for event in definitions.EVENTS} | {definitions.TARGET: np.zeros(2)}
    found = milestones.scores({"2025-01": THEN}, [member(SAMPLE, "platforms", definitions.TARGET)], offsets).set_index("event")["probability"]
    assert found["weak"] > found["general"]

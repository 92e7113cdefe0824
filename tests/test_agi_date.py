"""The pooled date of AGI: who is in the pools, how definitions are mapped, what the page's sliders compute, and what happened since."""

import copy
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from inference_scaling import charts, sampling
from inference_scaling.figures import agi_date as figures
from inference_scaling.forecasts import DateDistribution, agi_date, decimal_year, definitions, mapping, milestones
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
    assert then["available_from"].max() <= pd.Timestamp(THEN) and set(then["set"]) == {"Metaculus"}
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


def test_a_crowd_at_several_times_is_one_source():
    """Its offsets are means over the times, whatever the levels; times that share no event are refused."""
    snapshots = pd.DataFrame(
        [("a", "weak", 2.0), ("a", "general", 6.0), ("b", "weak", 4.0), ("b", "general", 16.0), ("b", "turing", 8.0), ("c", "general", 5.0)],
        columns=["set", "event", "years_ahead"],
    ).assign(available_from=pd.Timestamp(THEN))  # fmt: skip
    found = definitions.averaged(snapshots, "crowd").set_index("event")["years_ahead"]
    assert set(found.index) == {"weak", "general", "turing"}
    assert found["general"] / found["weak"] == pytest.approx(np.sqrt(3 * 4))
    again = definitions.averaged(snapshots.assign(years_ahead=snapshots["years_ahead"] * snapshots["set"].map({"a": 1.0, "b": 7.0, "c": 1.0})), "crowd").set_index("event")["years_ahead"]
    assert (again / again["general"]).to_dict() == pytest.approx((found / found["general"]).to_dict())
    apart = snapshots.assign(event=["weak", "general", "coder", "remote", "turing", "general"])
    with pytest.raises(ValueError, match="share no event"):
        definitions.averaged(apart, "crowd")


def test_every_source_is_one_set():
    rows = definitions.pairs("2026-11-22")
    assert set(rows["set"]) == {"Metaculus", "Ryan Greenblatt", *definitions.PEOPLE_SETS}


def test_events_without_a_common_source_are_not_linked():
    day = pd.Timestamp("2026-01-01")
    rows = pd.DataFrame([("s", "a", day), ("s", "b", day), ("t", "c", day), ("t", "d", day), ("s", "d", day + pd.Timedelta(days=1))], columns=["source", "event", "day"])
    assert sorted(map(sorted, definitions.linked(rows))) == [["a", "b"], ["c", "d"]]


@pytest.mark.slow
def test_what_nobody_dates_stays_at_its_prior_and_what_is_dated_does_not(study):
    for event in ("remote", "unspecified", "every task"):
        mean, sd = definitions.prior(event)
        assert study.offsets["today"][event].mean() == pytest.approx(mean, abs=0.1)
        assert study.offsets["today"][event].std() == pytest.approx(sd, rel=0.1)
    # One crowd, counted once: two medians with sigma near a quarter each halve the prior standard deviation, and no more.
    assert 0.35 < study.offsets["today"]["weak"].std() / definitions.prior("weak")[1] < 0.5
    # Metaculus's own questions, one month: 6.7 years against 2.1, a factor of 3.2, and 3.1 in early 2024.
    assert 2.2 < np.exp(np.median(study.offsets["today"]["weak"])) < 3.5


# Pools


@pytest.fixture(scope="module")
def study() -> agi_date.Study:
    return agi_date.study()


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


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_surprises_of_a_calibrated_source_have_variance_one(share):
    """Brownian motion that ends above 0 or not, seen at `share` of the way from starts that spread the outcomes."""
    rng = np.random.default_rng(3)
    start = rng.normal(0, 1.0, 20_000)
    told, after = ndtr(start), ndtr((start + np.sqrt(share) * rng.normal(size=len(start))) / np.sqrt(1 - share))
    z = np.array([milestones._movement((0.0, 0.0, 0.0), (p, p, q), share)["z"] for p, q in zip(told, after)])
    assert z.mean() == pytest.approx(0, abs=0.03)
    assert z.std() == pytest.approx(1, abs=0.03)


def test_news_moves_nobody_at_first_and_settles_everything_at_last():
    assert milestones.news_sd(0.3, 1e-9) == pytest.approx(0, abs=1e-4)
    assert milestones.news_sd(0.3, 1.0) == pytest.approx(np.sqrt(0.3 * 0.7))


@pytest.mark.slow
def test_a_group_whose_members_are_silent_does_not_move(study):
    """Under one fit of the offsets the pool of those in both pools moves by what those who spoke again said, and by nothing else."""
    same = study.moves[study.moves["kind"] == "same sources"].set_index("source")
    silent = set(GROUPS) - {m.group for m in members(study.as_of["today"]) if m.source in set(study.spoke["source"])}
    assert silent == {"superforecasters", "surveys"}
    for group in silent:
        assert same.loc[group, "z"] == 0 and same.loc[group, "median_no_news"] == same.loc[group, "median_after"] > same.loc[group, "median_before"]
    assert all(same.loc[group, "z"] != 0 for group in set(GROUPS) - silent)


@pytest.mark.slow
def test_no_news_is_the_same_statements_read_at_the_later_day(study):
    """By hand for the sources in both pools: every one of January 2025 mapped, told, averaged within its group, and the groups averaged."""
    then, now = members(THEN), {m.source for m in members(study.as_of["today"])}
    pool = np.zeros(len(agi_date.YEARS))
    for group in GROUPS:
        own = [m for m in then if m.group == group and m.source in now]
        parts = [m.weight * mapping.mapped_cdf(m, mapping.nodes(mapping.offset_of(m.event, study.offsets["today"])), agi_date.YEARS, study.as_of["today"]).mean(0) for m in own]
        pool += np.sum(parts, axis=0) / sum(m.weight for m in own) / len(GROUPS)
    found = study.silent.set_index("crowd").loc["in both pools"]
    assert found["no_news"] == pytest.approx(mapping.median_year(pool, agi_date.YEARS))
    assert found["then"] < found["no_news"] and found["now"] != found["no_news"]


def test_a_group_that_empties_is_named(monkeypatch):
    with pytest.raises(ValueError, match="for superforecasters; add newer rows"):
        agi_date._nobody_missing([m for m in members(THEN) if m.group != "superforecasters"], THEN)


def test_a_change_of_members_is_told():
    now = members(agi_date.WRITTEN)
    assert agi_date._changed(now).empty
    with pytest.warns(UserWarning, match="Manifold left platforms"):
        found = agi_date._changed([m for m in now if m.source != "Manifold"])
    assert found.to_dict("records") == [{"group": "platforms", "source": "Manifold", "change": "left"}]


def test_samotsvety_leaves_first_among_superforecasters():
    found = agi_date.leaving(members("2026-11-22")).set_index("group")
    assert found.loc["superforecasters", "sources"] == 8 and 2027.0 < found.loc["superforecasters", "leaves"] < 2027.1
    assert not any(m.source.startswith("Samotsvety") for m in members("2027-02-01"))


def test_events_scored_are_those_still_dated_in_the_future():
    found = milestones.still_ahead("2026-11-22")
    assert list(found) == list(milestones.SCORED) and max(found.values()) <= "2026-11-22"
    assert found["general"] >= "2026-09-25" and milestones.still_ahead("2026-09-01")["general"] <= "2026-09-01"


def test_scores_punish_early_dates():
    early = DateDistribution.from_quantiles({0.25: 2026, 0.75: 2029}, "2025-01-01")
    late = DateDistribution.from_quantiles({0.25: 2035, 0.75: 2060}, "2025-01-01")
    offsets = {event: np.zeros(2) for event in definitions.EVENTS} | {definitions.TARGET: np.zeros(2)}
    people = [member(early, "platforms", definitions.TARGET, "a"), member(late, "surveys", definitions.TARGET, "b")]
    found = milestones.scores({"2025-01": THEN, "today": "2026-11-22"}, people, offsets).set_index(["event", "group"])
    assert (found["log_score"] <= 0).all()
    for event, day in milestones.still_ahead("2026-11-22").items():
        p = early.given_not_by(THEN).cdf(decimal_year(day))
        assert found.loc[(event, "platforms"), "probability"] == pytest.approx(float(p), abs=1e-9)
        assert found.loc[(event, "platforms"), "log_score"] == pytest.approx(np.log1p(-p), abs=1e-9)
        assert found.loc[(event, "platforms"), "log_score"] < found.loc[(event, "surveys"), "log_score"]


def test_an_event_that_lies_nearer_is_scored_as_nearer():
    offsets = {event: np.full(2, 0.7) for event in definitions.EVENTS} | {definitions.TARGET: np.zeros(2)}
    found = milestones.scores({"2025-01": THEN, "today": "2026-11-22"}, [member(SAMPLE, "platforms", definitions.TARGET)], offsets).set_index("event")["probability"]
    assert found["weak"] > found["general"]

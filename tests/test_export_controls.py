"""Export controls: published speeds and ratios, the calculator's limits, the rules, and models with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from inference_scaling import tables
from inference_scaling.export_controls import efficiency, merit, roofline, rules
from inference_scaling.export_controls.efficiency import mlperf_runs
from inference_scaling.export_controls.roofline import Efficiency, Server, Work
from inference_scaling.export_controls.study import MEASURED, ROOFLINE, bandwidth_bound, best_pairs, measured_offline

H100 = Server(1979.0, 3350.0, 80.0, 8)
LONG = Work(input_tokens=0, output_tokens=8192)


@pytest.fixture(scope="module")
def chips() -> pd.DataFrame:
    return tables.load("export_chips")


@pytest.fixture(scope="module")
def speeds() -> pd.DataFrame:
    return tables.load("inference_speeds")


@pytest.fixture(scope="module")
def entries() -> pd.DataFrame:
    return tables.load("mlperf_llama2_70b")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return tables.load("export_rules")


def test_llama_cpp_reaches_the_published_shares_of_the_bandwidth_bound(speeds, chips):
    bound = bandwidth_bound(speeds, chips)
    share = bound[(bound["weight_format"] == "F16") & (bound["model"] == "Llama 3 8B")].set_index("chip")["share"]
    cards = share.drop(["A100 80GB", "H100 PCIe"])
    assert round(cards.min(), 2) == 0.78 and round(cards.max(), 2) == 0.90
    assert share["A100 80GB"] == pytest.approx(0.42, abs=0.005)
    assert share["H100 PCIe"] == pytest.approx(0.53, abs=0.005)


def test_weights_agree_with_the_files_that_were_run():
    assert roofline.bound_share(1.0, 14.96, 16.06 * 1.0) == pytest.approx(14.96 * 2**30 / 16.06e9)
    for model, gib, form in (("Llama 3 8B", 14.96, "F16"), ("Llama 3 8B", 4.58, "Q4_K_M"), ("Llama 3 70B", 131.42, "F16"), ("Llama 3 70B", 39.59, "Q4_K_M")):
        assert roofline.SHAPES[model].parameters * roofline.BYTES[form] == pytest.approx(gib * 2**30 / 1e9, rel=0.02), (model, form)


def test_published_mlperf_ratios(entries):
    pairs = best_pairs(entries).set_index(["round", "chip"])
    for key, training, inference in ((("v4.1", "H200"), 1.19, 1.31), (("v4.1", "B200"), 2.13, 3.67), (("v5.1", "MI325X"), 1.14, 0.98), (("v5.1", "B200"), 2.67, 2.91)):
        assert pairs.loc[key, "training"] == pytest.approx(training, abs=0.006), key
        assert pairs.loc[key, "inference"] == pytest.approx(inference, abs=0.006), key
    offline = entries[(entries["discipline"] == "inference, offline") & (entries["round"] == "v4.1") & (entries["chips"] == 8)].groupby("chip")["value"].max()
    assert offline["H200 at 1000 W"] / offline["H100"] == pytest.approx(1.42, abs=0.005)


def test_published_batch_sweep(speeds):
    sweep = speeds[(speeds["source"] == "vLLM") & (speeds["chip"] == "H100") & (speeds["input_tokens"] == 128)].set_index("batch")["tokens_per_second"]
    assert sweep[4] == pytest.approx(115, abs=0.5) and sweep[256] == pytest.approx(1312, abs=0.5)


def test_no_run_occurs_twice(speeds):
    same = speeds[speeds["source"] == "vLLM"].duplicated(["chip", "input_tokens", "batch", "tokens_per_second"])
    assert not same.any()


def test_one_request_at_full_efficiency_is_the_bandwidth_bound():
    full = Efficiency(1, 1, 1, 0, 1)
    work = Work(weight_bytes=1.0, input_tokens=0, output_tokens=1)
    expected = 8 * 3350e9 / (70.6e9 + 163840 / 2)
    arithmetic = 2 * 70.6e9 / (8 * 1979e12)
    assert roofline.one_request_speed(H100, work, full) == pytest.approx(1 / (1 / expected + arithmetic))
    assert roofline.one_request_speed(H100, work, full, overlap=64) == pytest.approx(expected, rel=1e-6)


def test_interactive_rate_uses_up_the_step():
    e = Efficiency()
    rate = roofline.interactive_rate(H100, Work(input_tokens=0, output_tokens=100), 50.0, e)
    requests = rate / 50.0
    assert roofline.interactive_rate(H100, Work(input_tokens=0, output_tokens=100, batch=requests / 2), 50.0, e) < rate
    assert requests > 1 and rate == pytest.approx(50.0 * requests)


def test_a_server_too_slow_for_the_speed_serves_one_user():
    slow = Server(242.0, 300.0, 24.0, 8)
    assert roofline.interactive_rate(slow, LONG, 1000.0) == pytest.approx(roofline.one_request_speed(slow, LONG))


@settings(max_examples=60, deadline=None)
@given(st.floats(50, 5000), st.floats(200, 9000), st.floats(24, 300), st.floats(1.01, 3))
def test_more_of_anything_never_serves_less(rate, bandwidth, memory, factor):
    base = Server(rate, bandwidth, memory, 8)
    for better in (Server(rate * factor, bandwidth, memory, 8), Server(rate, bandwidth * factor, memory, 8), Server(rate, bandwidth, memory * factor, 8)):
        assert roofline.interactive_rate(better, LONG, 20.0) >= roofline.interactive_rate(base, LONG, 20.0) * (1 - 1e-12)
        assert roofline.written_per_second(better, Work()) >= roofline.written_per_second(base, Work()) * (1 - 1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Server(100.0, 0.0, 80.0), r"bandwidth must lie in above 0; got 0"),
        (lambda: Server(-1.0, 100.0, 80.0), r"rate must lie in above 0; got -1"),
        (lambda: Efficiency(bandwidth=1.2), r"bandwidth must lie in \(0, 1\]; got 1.2"),
        (lambda: Efficiency(memory=0.0), r"memory must lie in \(0, 1\]; got 0"),
        (lambda: Efficiency(layer_seconds=-1.0), r"layer_seconds must lie in \[0, 1\] seconds; got -1"),
        (lambda: Work(batch=0), r"batch must lie in \[1, 1e6\]; got 0"),
        (lambda: Work("GPT-9"), "model must be one of Llama 3 8B"),
        (lambda: roofline.trained_per_second(989.0, 1.01), r"utilisation must lie in \(0, 1\]; got 1.01"),
        (lambda: roofline.interactive_rate(H100, LONG, 0.0), r"speed must lie in \(0, 1e5\] tokens per second; got 0"),
        (lambda: roofline.bound_share(10.0, 15.0, 0.0), "bandwidth must lie in above 0; got 0"),
        (lambda: roofline.link_seconds(0.0, 8, 10), "link must lie in above 0; got 0"),
        (lambda: roofline.written_per_second(Server(100.0, 100.0, 20.0, 2), Work()), "chips must be enough to hold Llama 3 70B"),
        (lambda: roofline.written_per_second(H100, Work(), overlap=0.5), r"overlap must lie in \[1, 64\]; got 0.5"),
        (lambda: rules.Measures(-1.0), "tpp must be 0 or more; got -1"),
        (lambda: rules.Measures(1.0, die=0.0), "die must lie above 0 mm2"),
    ],
)
def test_impossible_input_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_dates_in_the_wrong_order_are_refused(table):
    wrong = table.copy()
    wrong.loc[0, "effective"] = pd.Timestamp("2021-01-01")
    with pytest.raises(ValueError, match="effective must not precede announced; oct2022_a takes effect on 2021-01-01"):
        rules.thresholds(wrong)


def test_rules_announced_later_are_not_yet_known(table):
    assert set(rules.thresholds(table, as_of="2025-01-14")) == {"oct2022", "oct2023"}


def test_named_chips_fall_as_the_sources_say(chips, table):
    found = rules.judged(chips[chips["kind"] == "data centre"], table).set_index(["chip", "rule"])["outcome"]
    assert found["A100 80GB", "oct2022"] == rules.CAUGHT and found["H100", "oct2022"] == rules.CAUGHT
    assert found["A800", "oct2022"] == found["H800", "oct2022"] == rules.OUTSIDE
    assert found["A800", "oct2023"] == found["H800", "oct2023"] == rules.CAUGHT
    assert found["H20", "oct2023"] == found["L20", "oct2023"] == found["L2", "oct2023"] == rules.OUTSIDE
    assert found["H20", "apr2025"] == rules.CAUGHT and found["H20", "jan2026"] == rules.OUTSIDE
    assert found["H200", "jan2026"] == found["MI325X", "jan2026"] == rules.REVIEWED
    assert found["B200", "jan2026"] == rules.CAUGHT


@pytest.mark.parametrize(
    ("chip", "rule", "outcome"),
    [
        (rules.Measures(4799, 900), "oct2022", rules.OUTSIDE),
        (rules.Measures(4800, 600), "oct2022", rules.CAUGHT),
        (rules.Measures(4800, 599), "oct2022", rules.OUTSIDE),
        (rules.Measures(9000), "oct2022", rules.UNKNOWN),
        (rules.Measures(4800), "oct2023", rules.CAUGHT),
        (rules.Measures(1600, die=1600 / 5.92), "oct2023", rules.CAUGHT),
        (rules.Measures(1599, die=10), "oct2023", rules.OUTSIDE),
        (rules.Measures(2400, die=1500), "oct2023", rules.EXCEPTION),
        (rules.Measures(2399, die=1500), "oct2023", rules.OUTSIDE),
        (rules.Measures(1700, die=500), "oct2023", rules.EXCEPTION),
        (rules.Measures(2000), "oct2023", rules.UNKNOWN),
        (rules.Measures(1000, 100, 1400), "apr2025", rules.CAUGHT),
        (rules.Measures(1000, 700, 1000), "apr2025", rules.CAUGHT),
        (rules.Measures(1000, 600, 1000), "apr2025", rules.OUTSIDE),
        (rules.Measures(20999, 900, 6499), "jan2026", rules.REVIEWED),
        (rules.Measures(21000, 900, 6499), "jan2026", rules.CAUGHT),
        (rules.Measures(20999, 900, 6500), "jan2026", rules.CAUGHT),
    ],
)
def test_rules_at_their_limits(chip, rule, outcome, table):
    assert rules.judge(chip, rule, rules.thresholds(table)) == outcome


def test_letters_bind_only_those_who_got_them(table):
    limits = rules.thresholds(table)
    assert rules.judge(rules.Measures(1000, 100, 2000), "apr2025", limits, addressed=False) == rules.OUTSIDE


def test_model_and_calculator_are_one_formula(speeds, chips):
    data = efficiency.rows(speeds[speeds["source"] == "vLLM"].reset_index(drop=True), chips)
    expected = efficiency.predicted(np, data.numbers, 0.6, 0.35, 0.5, 3e-5, 0.8, 1.0)
    count = speeds[speeds["source"] == "vLLM"]["chips"].to_numpy()
    evaluated = 0
    for row in range(len(expected)):
        v = {name: value[row] for name, value in data.numbers.items()}
        # The fit lets a request run whose context does not fit; the calculator refuses.
        if 0.8 * v["memory"] - v["weights"] < v["context_per_token"] * (v["input"] + v["output"]):
            continue
        server = Server(v["rate"] / count[row] / 1e12, v["bandwidth"] / count[row] / 1e9, v["memory"] / count[row] / 1e9, count[row])
        work = Work("Llama 3 405B", 1.0, 2.0, v["input"], v["output"], v["batch"])
        found = roofline.written_per_second(server, work, Efficiency(0.6, 0.35, 0.5, 3e-5, 0.8))
        assert np.log(found) == pytest.approx(expected[row]), row
        evaluated += 1
    assert evaluated > 0.8 * len(expected)


def test_pymc_graph_agrees_with_numpy(speeds, chips):
    data = efficiency.rows(efficiency.thinned(speeds), chips)
    model = efficiency.speed_model(data)
    point = model.initial_point()
    sigma, bandwidth = 0.2, 0.3
    point = {k: np.zeros_like(v) for k, v in point.items()} | {"sigma_log__": np.log(sigma), "software_log_waiting": np.full(efficiency.SOFTWARE, efficiency.PRIORS["waiting"][0]), "chip_bandwidth": np.full(efficiency.CHIPS, bandwidth)}
    p = efficiency.PRIORS
    share = special.expit
    expected = efficiency.predicted(np, data.numbers, share(p["bandwidth"][0] + bandwidth), share(p["arithmetic"][0]), share(p["reading"][0]), np.exp(p["waiting"][0]), share(p["memory"][0]), 1.0)
    found = float(model.compile_fn(model.logp(model["log_speed"]), inputs=model.value_vars, point_fn=True, mode="FAST_COMPILE", on_unused_input="ignore")(point))
    assert found == pytest.approx(stats.t.logpdf(data.log_speed, 4, expected, sigma).sum(), rel=1e-8)


def test_mlperf_runs_fit_the_shape_of_the_model(entries, chips):
    runs = mlperf_runs(entries)
    assert set(runs["chip"]) <= set(chips["chip"])
    assert np.isfinite(efficiency.rows(runs, chips).log_speed).all()


def test_measured_merits_take_out_the_level_of_a_round(entries, chips):
    found = measured_offline(entries, chips)
    assert (found["kind"] == "data centre").all() and len(found) == 8
    assert set(merit.PAIRED) <= set(chips.loc[chips["kind"] == "data centre", "chip"])
    assert "RTX Pro 6000" in set(measured_offline(entries, chips, ("data centre", "workstation"))["chip"])
    faster = entries.assign(value=np.where((entries["discipline"] == "inference, offline") & (entries["round"] == "v5.1"), 2 * entries["value"], entries["value"]))
    for frame in (found, measured_offline(faster, chips)):
        merits = frame.set_index("chip")["merit"]
        assert merits["GB200"] - merits["B200"] == pytest.approx(found.set_index("chip")["merit"]["GB200"] - found.set_index("chip")["merit"]["B200"])
        assert merits["H200"] - merits["H100"] == pytest.approx(found.set_index("chip")["merit"]["H200"] - found.set_index("chip")["merit"]["H100"])


def test_slow_cards_get_servers_that_reach_the_speed(chips):
    centre = chips[chips["kind"] == "data centre"].reset_index(drop=True)
    count = dict(zip(centre["chip"], merit.servers(centre), strict=True))
    assert count["H100"] == count["H20"] == 8 and count["L4"] > 16
    for card in ("L4", "L2", "A40"):
        row = centre[centre["chip"] == card].iloc[0]
        server = Server(max(row["rate_16_bit"], row["rate_8_bit"]), row["memory_bandwidth"], row["memory"], count[card])
        rate = roofline.interactive_rate(server, LONG, merit.SPEED, Efficiency(bandwidth=0.5, memory=0.75))
        assert rate > merit.SPEED * 1.5, card


@pytest.mark.slow
def test_known_efficiencies_are_recovered(speeds, chips):
    """Simulated on the fitted runs: shares of bandwidth differ between chips, waiting between software."""
    from dataclasses import replace

    from inference_scaling import sampling

    data = efficiency.rows(efficiency.thinned(speeds), chips)
    rng = np.random.default_rng(8)
    chip = rng.normal(0, 0.8, len(data.levels["chip"]))
    wait = np.exp(np.log(5e-5) + rng.normal(0, 0.6, len(data.levels["software"])))
    share = 1 / (1 + np.exp(-0.4 - chip))
    expected = efficiency.predicted(np, data.numbers, share[data.chip], 0.3, 0.45, wait[data.software], 0.8, 1.0)
    data = replace(data, log_speed=expected + rng.normal(0, 0.05, len(expected)))
    tree = sampling.fit(efficiency.speed_model(data), draws=1200, tune=1500, seed=4, log_likelihood=False)
    fit = efficiency.fitted(tree, data, 1.0)
    bandwidth = np.column_stack([fit.efficiencies([c], 1, "TensorRT-LLM FP8")["bandwidth"][:, 0] for c in data.levels["chip"]])
    z = (bandwidth.mean(axis=0) - share) / bandwidth.std(axis=0)
    assert np.abs(z).max() < 4 and np.mean(np.abs(z) < 2) > 0.75
    for name, truth in zip(data.levels["software"], wait, strict=True):
        found = np.log(fit.efficiencies(["H100"], 1, name)["layer_seconds"][:, 0])
        assert abs(found.mean() - np.log(truth)) < 4 * found.std(), name
    memory = 1 / (1 + np.exp(-fit.draws["memory_mean"]))
    assert abs(memory.mean() - 0.8) < 4 * memory.std()


@pytest.fixture(scope="module")
def study():
    from inference_scaling import export_controls

    return export_controls.study()


@pytest.mark.slow
def test_study_hands_on_what_it_computed(study, chips):
    assert list(study.sheet["chip"]) == list(chips.loc[chips["kind"] == "data centre", "chip"])
    of = study.spans.set_index(["chips", "regime"])
    assert of.loc[("all", "interactive"), "median"] == pytest.approx(study.span["today"][ROOFLINE].value, rel=0.02)
    merchant = study.sheet[study.sheet["offered"] != "Chinese maker"]
    for rule in rules.RULES:
        by_outcome = study.counts[study.counts["rule"] == rule].set_index("outcome")
        assert by_outcome["chips"].to_dict() == {o: (merchant[rule] == o).sum() for o in rules.OUTCOMES}
        assert by_outcome["sold"].sum() == (study.sheet["offered"] == "sold").sum()
    scores = study.forward.set_index(["collection", "rule"])["score"]
    assert scores["MLPerf offline, 70B", "roofline, one after the other"] > scores["MLPerf offline, 70B", "proportional to arithmetic"]


@pytest.mark.slow
def test_chips_with_on_chip_memory_have_no_merit_in_training(study):
    sheet = study.sheet.set_index("chip")
    assert list(sheet.index[sheet["training_h100"].isna()]) == ["Groq LPU"]
    assert (study.spans.loc[study.spans["chips"] == "all", "number"] == len(sheet) - 1).all()
    assert study.span["today"][ROOFLINE].value < 6
    from inference_scaling.figures import export_controls as figures

    shown = figures.merits(study.sheet).to_dict()
    assert "Groq LPU" not in str(shown["datasets"])


@pytest.mark.slow
def test_chart_and_verdict_have_one_posterior(study):
    """The ratio of the medians that the chart draws is the relative merit that the span is made of."""
    sheet = study.sheet.dropna(subset="training_h100")
    assert (sheet["inference_h100"] / sheet["training_h100"]).to_numpy() == pytest.approx(sheet["relative_h100"].to_numpy(), rel=0.08)
    h20 = sheet.set_index("chip").loc["H20"]
    assert h20["inference_h100"] / h20["training_h100"] == pytest.approx(h20["relative_h100"], rel=0.03)
    assert sheet["relative_h100"].max() / sheet["relative_h100"].min() < study.span["today"][ROOFLINE].value


@pytest.mark.slow
def test_leaving_out_what_decides_moves_the_verdict(study):
    out = study.left_out.set_index(["claim", "date", "model", "left_out"])["probability"]
    assert out["span", "2025-01", ROOFLINE, "H20"] < study.span_probability["2025-01"][ROOFLINE] - 0.3
    assert out["span", "2025-01", MEASURED, "NVIDIA's one-chip B200 entry of 2024"] < study.span_probability["2025-01"][MEASURED] - 0.3
    # The model of measured chips is the mean of its two scenarios.
    both = out["span", "today", MEASURED, "the interactive scenario"] + out["span", "today", MEASURED, "the offline scenario"]
    assert both / 2 == pytest.approx(study.span_probability["today"][MEASURED], abs=0.03)
    for (claim, date, model), rows in study.neighbours.groupby(["claim", "date", "model"]):
        assert rows.sort_values("bound", ascending=claim == "rank")["probability"].is_monotonic_increasing, (claim, date, model)


@pytest.mark.slow
def test_reader_counts_agree_with_the_sheet(study):
    for rule, words in rules.RULES.items():
        found = rules.reader_rules(study.sheet, words, 2026)
        assert found["chips"] == len(study.sheet) == sum(found[o] for o in rules.OUTCOMES)
        assert found[rules.CAUGHT] == (study.sheet[rule] == rules.CAUGHT).sum()
    assert rules.reader_rules(study.sheet, rules.RULES["oct2022"], 2020)["chips"] == 3
    with pytest.raises(ValueError, match="year must lie in 2020 to 2026; got 2019"):
        rules.reader_rules(study.sheet, rules.RULES["oct2022"], 2019)
    with pytest.raises(ValueError, match="rule must be one of October 2022"):
        rules.reader_rules(study.sheet, "oct2022", 2026)


@pytest.mark.slow
@pytest.mark.parametrize("rule", list(rules.RULES.values()))
def test_chart_counts_what_python_counts(study, table, rule):
    import copy
    import re

    from inference_scaling import charts
    from inference_scaling.figures import export_controls as figures

    figure = charts.figure(figures.explorer(study.sheet, rules.thresholds(table)), name="e", title="t", description="x" * 40, source="s", data=study.sheet)
    for year in (2020, 2023, 2026):
        spec = copy.deepcopy(figure.spec)
        for view in charts._views(spec):
            for param in view.get("params", []):
                param["value"] = {"rule": rule, "year": year}.get(param["name"], param.get("value"))
        shown = re.findall(r">(Of \d+ chips:[^<]*|\d+ by exception[^<]*)<", charts.draw(spec, 680))
        n = rules.reader_rules(study.sheet, rule, year)
        denied, case, exception, outside, unknown = (n[outcome] for outcome in rules.OUTCOMES)
        assert shown == [f"Of {n['chips']} chips: {denied} licence needed, {case} case by case,", f"{exception} by exception, {outside} outside, {unknown} cannot be told"]

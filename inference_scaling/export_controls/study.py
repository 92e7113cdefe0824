"""Everything that the chapter on export controls shows, computed from the tables and the fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.export_controls import efficiency, merit, rules, sensitivity
from inference_scaling.export_controls.efficiency import FOREIGN, Fitted
from inference_scaling.export_controls.merit import PRIMARY, REGIMES, SERVER_CHIPS, SPAN, SPEED
from inference_scaling.export_controls.roofline import link_seconds

DOCUMENT_DATE = "2025-01-14"
DATES = {"2025-01": DOCUMENT_DATE, "today": None}
ROOFLINE, MEASURED = "fitted roofline on data sheets", "chips measured twice, all others drawn like them"
RANK_ROOFLINE, RANK_MEASURED = "TPP against the fitted roofline", "TPP against measured offline inference"
LIMIT = 0.7
SCENARIOS = ("offline", "interactive")
REFERENCE = "A100 80GB"
DRAWS, CHAINS = 1200, 4
SIZE = DRAWS * CHAINS
# Every fourth draw of the fits suffices for what is computed chip by chip.
EVERY = 4
OVERLAPS = {"one after the other": 1.0, "at once": 8.0}


@dataclass(frozen=True)
class Study:
    """Results; intervals 90 %, dates "2025-01" and "today".

    Attributes
    ----------
    span, span_probability, span_prior : by date (and model): span of relative merit over chips as Estimate, P(above 2), prior probability.
    correlation, correlation_probability : by date (and model): rank correlation of TPP with inference, P(below 0.7).
    correlation_prior : float
    spans : DataFrame
        chips, regime, number, median, low, high, probability: the span under other choices, today.
    correlations : DataFrame
        measure, regime, number, median, low, high, below: today.
    bands : DataFrame
        low, high, chips, inference, inference_on_chip, bandwidth, training (each with _low, _high): rank correlations among chips of a band of TPP, today.
    left_out : DataFrame
        claim, date, model, left_out, probability.
    neighbours : DataFrame
        claim, bound, date, model, probability.
    measured_ranks : DataFrame
        measure, chips, correlation: Spearman's with measured offline inference, today.
    forward : DataFrame
        collection, rule, runs, score (mean log score a run, nats), total, coverage, scatter (s.d. of log measured over predicted about its own mean).
    predictions : DataFrame
        collection, configuration, measured, median, low, high: tokens per second.
    sheet : DataFrame
        One row a data-centre chip: merits relative to the H100, interactive rate relative to the A100, outcome of each rule, doubts.
    counts : DataFrame
        rule, outcome, chips, serve_like_a100, names (of these): chips not made in China.
    costs : DataFrame
        chip, usd, low, high, provisional: dollars for a million tokens written in the interactive regime, at the cost of owning.
    efficiencies : DataFrame
        software, quantity, median, low, high.
    pairs : DataFrame
        scenario, round, chip, inference, training, relative: best entries relative to the round's reference chip.
    bound : DataFrame
        llama.cpp: chip, weight_format, model, share of the bandwidth bound at 1,024 tokens.
    checks : dict of str to float
        Published facts beside the model.
    last_evidence : dict of date to ISO date
    """

    span: dict[str, dict[str, Estimate]]
    span_probability: dict[str, dict[str, float]]
    span_prior: dict[str, float]
    correlation: dict[str, dict[str, Estimate]]
    correlation_probability: dict[str, dict[str, float]]
    correlation_prior: float
    spans: pd.DataFrame
    correlations: pd.DataFrame
    bands: pd.DataFrame
    left_out: pd.DataFrame
    neighbours: pd.DataFrame
    measured_ranks: pd.DataFrame
    forward: pd.DataFrame
    predictions: pd.DataFrame
    sheet: pd.DataFrame
    counts: pd.DataFrame
    costs: pd.DataFrame
    efficiencies: pd.DataFrame
    pairs: pd.DataFrame
    bound: pd.DataFrame
    checks: dict[str, float]
    last_evidence: dict[str, str]


def study(seed: int = 20250114) -> Study:
    """Fit the declared models at both dates and collect what the chapter shows."""
    chips, speeds, entries, runs, table = (tables.load(n) for n in ("export_chips", "inference_speeds", "mlperf_llama2_70b", "training_utilisation", "export_rules"))
    centre = chips[chips["kind"] == "data centre"].reset_index(drop=True)
    fits, training, pairs = _fits(chips, speeds, entries, runs, seed)

    span, span_p, span_prior, corr, corr_p, last = {}, {}, {}, {}, {}, {}
    parts, out, near = {}, [], []
    for date, day in DATES.items():
        on_sale = dated(centre, day, "released").reset_index(drop=True)
        parts[date] = part = merits(on_sale, fits[date, 1.0], training[date], seed)
        spec = merit.span(part["posterior"])
        drawn = measured_span([pairs[date, k] for k in SCENARIOS if (date, k) in pairs], len(part["trains"]), seed)
        span[date] = {ROOFLINE: Estimate.from_draws(spec), MEASURED: Estimate.from_draws(drawn)}
        span_p[date] = {ROOFLINE: float(np.mean(spec > SPAN)), MEASURED: float(np.mean(drawn > SPAN))}
        span_prior[date] = merit.prior_span(len(part["trains"]))
        dram = on_sale.iloc[part["trains"]]
        rho = merit.rank_correlations(dram["tpp"].to_numpy(), part["rates"][PRIMARY][:, part["trains"]])
        best = measured_offline(dated(entries, day), chips)
        few = merit.correlation_posterior(best["tpp"].to_numpy(), best["merit"].to_numpy(), 4000, seed)
        corr[date] = {RANK_ROOFLINE: Estimate.from_draws(rho), RANK_MEASURED: Estimate.from_draws(few)}
        corr_p[date] = {RANK_ROOFLINE: float(np.mean(rho < LIMIT)), RANK_MEASURED: float(np.mean(few < LIMIT))}
        near += [{"claim": "span", "bound": bound, "date": date, "model": m, "probability": float(np.mean(d > bound))} for bound in (1.5, SPAN, 3.0) for m, d in ((ROOFLINE, spec), (MEASURED, drawn))]
        near += [{"claim": "rank", "bound": bound, "date": date, "model": m, "probability": float(np.mean(d < bound))} for bound in (0.6, LIMIT, 0.8) for m, d in ((RANK_ROOFLINE, rho), (RANK_MEASURED, few))]
        without = fits[f"{date} without MLPerf", 1.0], merit.training_posterior(dated(runs, day), entries[:0], chips.set_index("chip")["rate_16_bit"], SIZE, seed)
        out += sensitivity.left_out_spans(date, on_sale, part, without, training[date], dated(entries, day), seed)
        out += sensitivity.left_out_ranks(date, on_sale, part, dated(entries, day), chips, seed)
        used = [dated(frame, day)["available_from"] for frame in (chips, speeds, entries, runs)]
        last[date] = f"{max(u.max() for u in used):%Y-%m-%d}"
    today = parts["today"]
    forward, predictions = _forward(fits, chips, speeds, entries, seed)
    sheet = _sheet(centre, today, table)
    return Study(
        span=span, span_probability=span_p, span_prior=span_prior, correlation=corr, correlation_probability=corr_p, correlation_prior=LIMIT,
        spans=_spans(centre, today, fits, training, pairs, seed), correlations=_correlations(centre, today), bands=sensitivity.bands(centre, today), left_out=pd.DataFrame(out), neighbours=pd.DataFrame(near),
        measured_ranks=sensitivity.measured_ranks(measured_offline(entries, chips)), forward=forward, predictions=predictions,
        sheet=sheet, counts=_counts(sheet), costs=_costs(centre, today), efficiencies=_efficiencies(fits["today", 1.0]), pairs=pd.concat([best_pairs(entries, k).assign(scenario=k) for k in SCENARIOS], ignore_index=True), bound=bandwidth_bound(speeds, chips),
        checks=_checks(centre, today), last_evidence=last,
    )


def dated(frame: pd.DataFrame, day: str | None, column: str = "available_from") -> pd.DataFrame:
    """Rows known by a day; all, if None."""
    return frame if day is None else frame[frame[column] <= day]


def _fits(chips, speeds, entries, runs, seed) -> tuple[dict, dict, dict]:
    """Draws of all fitted models; one sampled graph, two linear models solved exactly."""
    rate = chips.set_index("chip")["rate_16_bit"]
    chosen = {"held out": efficiency.thinned(speeds[speeds["source"] != "vLLM"])}
    for date, day in DATES.items():
        chosen[f"{date} without MLPerf"] = efficiency.thinned(dated(speeds, day))
        chosen[date] = pd.concat([chosen[f"{date} without MLPerf"], efficiency.mlperf_runs(dated(entries, day))], ignore_index=True)
    data = {name: efficiency.rows(rows, chips) for name, rows in chosen.items()}
    wanted = [*((name, 1.0) for name in chosen), ("held out", 8.0)]
    models = {f"speeds {name}, overlap {overlap:g}": efficiency.speed_model(data[name], overlap) for name, overlap in wanted}
    trees = sampling.fit_all(models, draws=DRAWS, chains=CHAINS, tune=1500, seed=seed, target_accept=0.9, log_likelihood=False)
    fits = {(name, overlap): efficiency.fitted(trees[f"speeds {name}, overlap {overlap:g}"], data[name], overlap) for name, overlap in wanted}
    training, pairs = {}, {}
    for date, day in DATES.items():
        training[date] = merit.training_posterior(dated(runs, day), dated(entries, day), rate, SIZE, seed)
        for scenario in SCENARIOS:
            if len(merit.paired(dated(entries, day), scenario)):
                pairs[date, scenario] = merit.pair_posterior(dated(entries, day), scenario, SIZE, seed)
    return fits, training, pairs


def before_prior(chips: pd.DataFrame, fit: Fitted, training: dict, seed: int, **choices) -> tuple[dict, np.ndarray, np.ndarray, dict]:
    """Rates of chips by regime and their training, (S, K); positions of the chips that train; log relative merits of those by regime, without a prior on chips."""
    rates = merit.inference_rates(chips, {k: v[::EVERY] for k, v in merit.chip_draws(fit, chips, seed).items()}, **choices)
    used = merit.utilisation_draws(*(training[k][::EVERY] for k in ("mean", "chip", "spread")), list(chips["chip"]), seed + 1)
    trained = merit.training_rates(chips, used)
    trains = np.flatnonzero(chips["memory_kind"] == "DRAM")
    return rates, trained, trains, {name: (np.log(rate) - np.log(trained))[:, trains] for name, rate in rates.items()}


def merits(chips: pd.DataFrame, fit: Fitted, training: dict, seed: int) -> dict:
    """One posterior of chips: rates by regime, training, log relative merits before and after the prior on them in the declared regime.

    Chips with on-chip memory only have no merit in training that anyone measured or claims: their training is NaN.
    """
    rates, trained, trains, relative = before_prior(chips, fit, training, seed)
    posterior = merit.shrunk(*merit.moments(relative[PRIMARY]), len(trained), seed)
    moved = np.exp(merit.carried(np.log(np.column_stack([*rates.values(), trained])), relative[PRIMARY], posterior))
    *moved, trained = np.split(moved, len(rates) + 1, axis=1)
    trained[:, (chips["memory_kind"] != "DRAM").to_numpy()] = np.nan
    return {"rates": dict(zip(rates, moved, strict=True)), "trained": trained, "relative": relative, "posterior": posterior, "trains": trains}


def spans_of(relative: np.ndarray, seed: int) -> np.ndarray:
    """Draws of the span of log relative merits that have had no prior yet."""
    return merit.span(merit.shrunk(*merit.moments(relative), len(relative), seed))


def measured_span(pairs: list[dict], chips: int, seed: int) -> np.ndarray:
    """Span over as many chips, from those measured in both disciplines: an equal mixture of the scenarios that were measured."""
    spans = np.concatenate([merit.span_of_population(pair["spread"], chips, seed, pair["relative"]) for pair in pairs])
    return np.random.default_rng(seed).permutation(spans)


def measured_offline(entries: pd.DataFrame, chips: pd.DataFrame, kinds: tuple[str, ...] = ("data centre",)) -> pd.DataFrame:
    """Measured merit of chips of a kind in offline inference: log median entry less the level of its round, least squares over rounds that share chips; with the sheet's columns."""
    rows = entries[entries["discipline"] == "inference, offline"].merge(chips, on="chip")
    rows = rows[rows["kind"].isin(kinds)].groupby(["chip", "round"])["value"].median().reset_index()
    design = pd.get_dummies(rows[["chip", "round"]], dtype=float)
    found = dict(zip(design.columns, np.linalg.lstsq(design.to_numpy(), np.log(rows["value"]), rcond=None)[0], strict=True))
    names = rows["chip"].drop_duplicates().to_list()
    return pd.DataFrame({"chip": names, "merit": [found[f"chip_{c}"] for c in names]}).merge(chips, on="chip")


def best_pairs(entries: pd.DataFrame, scenario: str = "offline") -> pd.DataFrame:
    """Best entries of the chips with both disciplines in a round, relative to its reference chip (H100 in 4.1, H200 in 5.1)."""
    parts = []
    for name, reference in (("v4.1", "H100"), ("v5.1", "H200")):
        rows = entries[entries["round"] == name]
        # On the same terms as in training: servers of eight, but for chips that entered with fewer only.
        serve = rows[rows["discipline"] == f"inference, {scenario}"]
        serve = serve[(serve["chips"] == 8) | ~serve["chip"].isin(serve.loc[serve["chips"] == 8, "chip"])].groupby("chip")["value"].max()
        train = rows[rows["discipline"] == "training"].groupby("chip")["value"].min()
        if reference not in serve.index or reference not in train.index:
            continue
        both = serve.index.intersection(train.index)
        part = pd.DataFrame({"round": name, "chip": both, "inference": serve[both].to_numpy() / serve[reference], "training": train[reference] / train[both].to_numpy()})
        parts.append(part)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["round", "chip", "inference", "training"])
    return table.assign(relative=table["inference"] / table["training"])


def bandwidth_bound(speeds: pd.DataFrame, chips: pd.DataFrame, tokens: int = 1024) -> pd.DataFrame:
    """Share of the bandwidth bound that llama.cpp reaches writing one answer: speed times bytes of weights over bandwidth."""
    rows = speeds[(speeds["source"] == "llama.cpp") & (speeds["phase"] == "decode") & (speeds["output_tokens"] == tokens)].merge(chips[["chip", "kind", "memory_bandwidth"]], on="chip")
    weights = [efficiency.SHAPES[m].parameters * efficiency.BYTES[f] for m, f in zip(rows["model"], rows["weight_format"], strict=True)]
    return rows.assign(share=rows["tokens_per_second"] * weights / rows["memory_bandwidth"])[["chip", "kind", "model", "weight_format", "share"]]


def _forward(fits, chips, speeds, entries, seed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The fit on llama.cpp and TensorRT-LLM scored on the batch sweep and on MLPerf, beside rules of proportion fitted to the same runs."""
    train = efficiency.rows(efficiency.thinned(speeds[speeds["source"] != "vLLM"]), chips)
    sweep = speeds[speeds["source"] == "vLLM"]
    new = {"batch sweep, 405B": sweep[sweep["software"] != FOREIGN], "the same, foreign format": sweep[sweep["software"] == FOREIGN], "MLPerf offline, 70B": efficiency.mlperf_runs(entries)}
    simple = {
        "proportional to arithmetic": lambda d: np.log(d.numbers["rate"] / d.numbers["flop"]),
        "proportional to bandwidth": lambda d: np.log(d.numbers["bandwidth"] / d.numbers["weights"]),
        "proportional to bandwidth and requests": lambda d: np.log(d.numbers["bandwidth"] / d.numbers["weights"] * np.minimum(d.numbers["batch"], 256)),
    }
    writes = train.numbers["prefill"] == 0
    scores, predictions = [], []
    for collection, frame in new.items():
        data = efficiency.rows(frame.reset_index(drop=True), chips)
        found = {}
        for name, overlap in OVERLAPS.items():
            fit = fits["held out", overlap]
            expected = efficiency.predict(fit, data, seed)
            found[f"roofline, {name}"] = (*efficiency.forward_score(expected, fit.draws["sigma"], data.log_speed), np.std(data.log_speed - np.median(expected, axis=0)))
            if overlap == 1.0:
                low, middle, high = np.exp(np.quantile(expected, [0.05, 0.5, 0.95], axis=0))
                predictions.append(pd.DataFrame({"collection": collection, "configuration": frame["configuration"].to_numpy(), "batch": data.numbers["batch"], "measured": np.exp(data.log_speed), "median": middle, "low": low, "high": high}))
        for name, measure in simple.items():
            found[name] = (*efficiency.naive_score(measure(train)[writes], train.log_speed[writes], measure(data), data.log_speed), np.std(data.log_speed - measure(data)))
        scores += [{"collection": collection, "rule": rule, "runs": len(s), "score": s.mean(), "total": s.sum(), "coverage": inside.mean(), "scatter": scatter} for rule, (s, inside, scatter) in found.items()]
    return pd.DataFrame(scores), pd.concat(predictions, ignore_index=True)


def _spans(centre, today, fits, training, pairs, seed) -> pd.DataFrame:
    """The span under other sets of chips, regimes and formats; the prior on chips applies in the regime shown."""
    dram = centre.iloc[today["trains"]]
    sets = {"all": np.ones(len(dram), bool), "without the H20": dram["chip"] != "H20", "sold to others": dram["offered"] == "sold", "TPP of 4,800 or more": dram["tpp"] >= 4800}
    out = []

    def add(name: str, regime: str, number: int, span: np.ndarray) -> None:
        out.append({"chips": name, "regime": regime, "number": number, **_summary(span, SPAN)})

    for name, members in sets.items():
        for regime in REGIMES:
            relative = today["relative"][regime][:, np.asarray(members)]
            add(name, regime, relative.shape[1], spans_of(relative, seed))
    for name, choices in {"all, four bits where possible": {"best_format": True}, "all, 10 tokens a second each": {"speed": 10.0}, "all, 40 tokens a second each": {"speed": 40.0}}.items():
        add(name, PRIMARY, len(dram), spans_of(before_prior(centre, fits["today", 1.0], training["today"], seed, **choices)[3][PRIMARY], seed))
    for scenario in SCENARIOS:
        pair = pairs["today", scenario]
        add("measured twice, nothing else", scenario, pair["relative"].shape[1], merit.span(pair["relative"]))
        add("measured twice, others drawn like them", scenario, len(dram), measured_span([pair], len(dram), seed))
    return pd.DataFrame(out)


def _summary(draws: np.ndarray, limit: float) -> dict[str, float]:
    low, median, high = np.quantile(draws, [0.05, 0.5, 0.95])
    return {"median": median, "low": low, "high": high, "probability": float(np.mean(draws > limit))}


def _correlations(centre: pd.DataFrame, today: dict) -> pd.DataFrame:
    """Rank correlations of each measure with inference and training, over the chips that train."""
    at = today["trains"]
    dram = centre.iloc[at]
    measures = {"TPP": dram["tpp"], "performance density": dram["tpp"] / dram["die_area"], "link between chips": dram["link_bandwidth"], "memory bandwidth": dram["memory_bandwidth"], "TPP, chips since 2023": dram["tpp"].where(dram["released"] >= "2023")}
    out = []
    for name, measure in measures.items():
        for regime, rates in {**today["rates"], "training": today["trained"]}.items():
            summary = _summary(merit.rank_correlations(measure.to_numpy(), rates[:, at]), LIMIT)
            out.append({"measure": name, "regime": regime, "number": int(measure.notna().sum()), **summary, "below": 1 - summary["probability"]})
    return pd.DataFrame(out).drop(columns="probability")


def _sheet(centre: pd.DataFrame, today: dict, table: pd.DataFrame) -> pd.DataFrame:
    position = list(centre["chip"])
    h100, a100 = position.index("H100"), position.index(REFERENCE)
    interactive = today["rates"][PRIMARY]
    against = interactive / interactive[:, [a100]]
    low, middle, high = np.quantile(against, [0.05, 0.5, 0.95], axis=0)
    training = today["trained"] / today["trained"][:, [h100]]
    ratio = interactive / interactive[:, [h100]] / training
    sheet = centre[["chip", "maker", "offered", "released", "tpp", "memory_bandwidth", "memory_kind", "link_bandwidth", "doubt"]].assign(
        density=centre["tpp"] / centre["die_area"],
        interactive=np.median(interactive, axis=0), against_a100=middle, against_a100_low=low, against_a100_high=high, at_least_a100=np.mean(against >= 1, axis=0),
        inference_h100=np.median(interactive / interactive[:, [h100]], axis=0), training_h100=np.median(training, axis=0),
        relative_h100=np.median(ratio, axis=0), relative_low=np.quantile(ratio, 0.05, axis=0), relative_high=np.quantile(ratio, 0.95, axis=0),
    )
    outcomes = rules.judged(centre, table).pivot(index="chip", columns="rule", values="outcome")[list(rules.RULES)]
    return sheet.merge(outcomes, left_on="chip", right_index=True, validate="one_to_one").reset_index(drop=True)


def _counts(sheet: pd.DataFrame) -> pd.DataFrame:
    """What each rule says of all chips, of those sold to others, and of those that serve at least as an A100 does (an inference-based criterion)."""
    rows = []
    merchant = sheet[sheet["offered"] != "Chinese maker"]
    for rule in rules.RULES:
        for outcome in rules.OUTCOMES:
            here = merchant[merchant[rule] == outcome]
            rows.append({"rule": rule, "outcome": outcome, "chips": len(here), "sold": int((here["offered"] == "sold").sum()), "serve_like_a100": int((here["at_least_a100"] > 0.5).sum()), "names": ", ".join(here.loc[here["at_least_a100"] > 0.5, "chip"])})
    return pd.DataFrame(rows)


def _costs(centre: pd.DataFrame, today: dict) -> pd.DataFrame:
    hour = tables.load("export_chip_costs").set_index("chip")
    position = {chip: i for i, chip in enumerate(centre["chip"])}
    out = []
    for chip in hour.index:
        low, median, high = np.quantile(hour.loc[chip, "owning"] / (3600 * today["rates"][PRIMARY][:, position[chip]]) * 1e6, [0.05, 0.5, 0.95])
        out.append({"chip": chip, "usd": median, "low": low, "high": high, "provisional": hour.loc[chip, "placeholder"]})
    return pd.DataFrame(out)


def _efficiencies(fit: Fitted) -> pd.DataFrame:
    out = []
    for software in fit.levels["software"]:
        found = fit.efficiencies(["H100"], 1, software)
        for quantity in ("bandwidth", "arithmetic", "reading", "layer_seconds"):
            low, median, high = np.quantile(found[quantity][:, 0], [0.05, 0.5, 0.95])
            out.append({"software": software, "quantity": quantity, "median": median, "low": low, "high": high})
    return pd.DataFrame(out)


def _checks(centre: pd.DataFrame, today: dict) -> dict[str, float]:
    """Facts reported by others and used in no fit, beside what the model says."""
    reports = tables.load("export_chip_reports").set_index(["chip", "quantity"])["value"]
    at = {chip: i for i, chip in enumerate(centre["chip"])}
    alone = today["rates"]["alone"]
    groq = at["Groq LPU"]
    chips = merit.servers(centre)[groq]
    speed = np.quantile(alone[:, groq] * chips, [0.05, 0.5, 0.95])
    ratio = np.quantile(alone[:, at["H20"]] / alone[:, at["H100"]], [0.05, 0.5, 0.95])
    link = {}
    for chip in ("A100 80GB", "A800", "H100", "H800"):
        requests = np.median(today["rates"][PRIMARY][:, at[chip]]) * SERVER_CHIPS / SPEED
        link[chip] = float(link_seconds(centre["link_bandwidth"][at[chip]], SERVER_CHIPS, requests) * SPEED)
    return {
        **{f"link share {chip}": share for chip, share in link.items()},
        "h20_reported": float(reports["NVIDIA H20", "llm_inference_speed_relative_to_h100"]), "h20_low": ratio[0], "h20": ratio[1], "h20_high": ratio[2],
        "groq_reported": float(reports["Groq LPU v1", "served_speed_llama2_70b_4096_context"]), "groq_low": speed[0], "groq": speed[1], "groq_high": speed[2], "groq_chips": float(chips),
    }

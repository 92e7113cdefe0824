"""Numbers and small tables of the chapter on export controls."""

import pandas as pd

from inference_scaling import export_controls, tables
from inference_scaling.estimates import Estimate, share
from inference_scaling.export_controls import merit, rules
from inference_scaling.export_controls.merit import PRIMARY, SPAN
from inference_scaling.export_controls.sensitivity import PREVIEW
from inference_scaling.export_controls.study import MEASURED, RANK_MEASURED, RANK_ROOFLINE, ROOFLINE
from inference_scaling.prose import Table, table

SWEEP, FOREIGN, GAMES = "batch sweep, 405B", "the same, foreign format", "MLPerf offline, 70B"
ROOF = "roofline, one after the other"
MODELS = {ROOFLINE: "roofline", MEASURED: "measured twice", RANK_ROOFLINE: "roofline", RANK_MEASURED: "measured"}


def interval(row: pd.Series, digits: int = 1, name: str = "median", prefix: str = "") -> str:
    return f"{row[name]:.{digits}f} [{row[prefix + 'low']:.{digits}f}, {row[prefix + 'high']:.{digits}f}]"


def numbers(found: export_controls.Study) -> dict[str, Estimate | str]:
    """What the chapter prints, by key."""
    sheet, spans = found.sheet.set_index("chip"), found.spans.set_index(["chips", "regime"])
    rho = found.correlations.set_index(["measure", "regime"])
    pairs = found.pairs.set_index(["scenario", "round", "chip"])
    shares = found.bound[(found.bound["weight_format"] == "F16") & (found.bound["model"] == "Llama 3 8B")].set_index("chip")["share"]
    cards = shares.drop(["A100 80GB", "H100 PCIe"])
    forward = found.forward.set_index(["collection", "rule"])
    ratio = found.predictions.assign(ratio=lambda d: d["measured"] / d["median"]).groupby("collection")["ratio"]
    counts = found.counts.set_index(["rule", "outcome"])
    checks, out = found.checks, found.left_out.set_index(["claim", "date", "model", "left_out"])["probability"].sort_index()
    near = found.neighbours.set_index(["claim", "bound", "date", "model"])["probability"].sort_index()
    ranked = found.measured_ranks.set_index("measure")
    band = found.bands.set_index("low").loc[2400.0]
    efficient = found.efficiencies.set_index(["software", "quantity"])
    chips = tables.load("export_chips").set_index("chip")
    per_byte = 1000 * chips["rate_8_bit"] / chips["memory_bandwidth"]
    h20 = sheet.loc["H20"]

    def counted(rule: str, outcome: str = rules.CAUGHT, column: str = "chips") -> str:
        return f"{counts.loc[(rule, outcome), column]}"

    limits = rules.thresholds(tables.load("export_rules"))
    first, second, third, fourth = (limits[rule] for rule in rules.RULES)
    values = dict(
        chips_trained=f"{spans.loc[('all', PRIMARY), 'number']}",
        pairs_measured=f"{spans.loc[('measured twice, nothing else', 'offline'), 'number']}",
        span_all=found.span["today"][ROOFLINE],
        p_span=share(found.span_probability["today"][ROOFLINE]),
        p_measured=share(found.span_probability["today"][MEASURED]),
        p_measured_early=share(found.span_probability["2025-01"][MEASURED]),
        span_measured=found.span["today"][MEASURED],
        p_no_h20=share(out["span", "today", ROOFLINE, "H20"]),
        p_no_h20_early=share(out["span", "2025-01", ROOFLINE, "H20"]),
        p_no_preview_early=share(out["span", "2025-01", MEASURED, PREVIEW]),
        p_no_mlperf=share(out["span", "today", ROOFLINE, "MLPerf, both disciplines"]),
        p_no_mlperf_early=share(out["span", "2025-01", ROOFLINE, "MLPerf, both disciplines"]),
        p_offline_only=share(out["span", "today", MEASURED, "the interactive scenario"]),
        p_interactive_only=share(out["span", "today", MEASURED, "the offline scenario"]),
        span_alone=interval(spans.loc[("all", "alone")], 0),
        span_alone_rest=interval(spans.loc[("without the H20", "alone")], 0),
        span_offline=interval(spans.loc[("all", "offline")]),
        ratio_bar=f"{SPAN:.0f}",
        p0_span=share(found.span_prior["today"]),
        p0_rank=share(found.correlation_prior),
        operations_h100=f"{per_byte['H100']:.0f}",
        operations_h20=f"{per_byte['H20']:.0f}",
        h20_ratio=interval(h20, 1, "relative_h100", "relative_"),
        h20_training=f"{h20['training_h100']:.2f}",
        h20_check=f"{checks['h20']:.2f} [{checks['h20_low']:.2f}, {checks['h20_high']:.2f}]",
        h20_alone=f"{checks['h20']:.2f}",
        h20_reported=f"{checks['h20_reported']:.1f}",
        h20_a100=interval(h20, 2, "against_a100", "against_a100_"),
        p_h20_a100=share(h20["at_least_a100"]),
        h800_a100=f"{sheet.loc['H800', 'against_a100']:.1f}",
        groq_inference=f"{sheet.loc['Groq LPU', 'inference_h100']:.3f}",
        groq_chips=f"{checks['groq_chips']:.0f}",
        groq_reported=f"{checks['groq_reported']:.0f}",
        groq_speed=f"{checks['groq']:.0f} [{checks['groq_low']:.0f}, {checks['groq_high']:.0f}]",
        mi300x_interactive=f"{pairs.loc[('interactive', 'v5.1', 'MI300X'), 'inference']:.2f}",
        mi300x_offline=f"{pairs.loc[('offline', 'v5.1', 'MI300X'), 'inference']:.2f}",
        mi300x_training=f"{pairs.loc[('offline', 'v5.1', 'MI300X'), 'training']:.2f}",
        mi300x_model=f"{sheet.loc['MI300X', 'inference_h100'] / sheet.loc['H200', 'inference_h100']:.2f}",
        gb300_training=f"{sheet.loc['GB300', 'training_h100']:.1f}",
        limit_tpp=f"{second['oct2023_a1']:,.0f}",
        limit_link=f"{first['oct2022_a']:,.0f}",
        limit_density=f"{second['oct2023_a2']:.2f}",
        limit_letter=f"{third['apr2025_isinformed_dram']:,.0f}",
        limit_letter_link=f"{third['apr2025_isinformed_io']:,.0f}",
        limit_letter_sum=f"{third['apr2025_isinformed_sum']:,.0f}",
        limit_review_tpp=f"{fourth['jan2026_tpp']:,.0f}",
        limit_review_memory=f"{fourth['jan2026_dram']:,.0f}",
        link_a100=f"{100 * checks['link share A100 80GB']:.0f}",
        link_a800=f"{100 * checks['link share A800']:.0f}",
        link_h100=f"{100 * checks['link share H100']:.0f}",
        link_h800=f"{100 * checks['link share H800']:.0f}",
        bound_low=f"{cards.min():.2f}",
        bound_high=f"{cards.max():.2f}",
        bound_a100=f"{shares['A100 80GB']:.2f}",
        bound_h100=f"{shares['H100 PCIe']:.2f}",
        factor_sweep=f"{ratio.median()[SWEEP]:.2f}",
        factor_foreign=f"{ratio.median()[FOREIGN]:.2f}",
        factor_mlperf=f"{ratio.median()[GAMES]:.2f}",
        within_two=f"{100 * ratio.get_group(SWEEP).between(0.5, 2).mean():.0f}",
        worst=f"{1 / ratio.min()[SWEEP]:.1f}",
        sweep_coverage=share(forward.loc[(SWEEP, ROOF), "coverage"]),
        mlperf_coverage=share(forward.loc[(GAMES, ROOF), "coverage"]),
        runs_mlperf=f"{forward.loc[(GAMES, ROOF), 'runs']}",
        rho=found.correlation["today"][RANK_ROOFLINE],
        rho_measured=found.correlation["today"][RANK_MEASURED],
        p_rho_measured=share(found.correlation_probability["today"][RANK_MEASURED]),
        p_rho_duplicates=share(out["rank", "today", RANK_MEASURED, "near-duplicates of the H100"]),
        p_rho_mi300x=share(out["rank", "today", RANK_MEASURED, "MI300X"]),
        p_rho_workstation=share(out["rank", "today", RANK_MEASURED, "nothing, workstation card added"]),
        rho_training=interval(rho.loc[("TPP", "training")], 2),
        rho_memory=interval(rho.loc[("memory bandwidth", PRIMARY)], 2),
        number_measured=f"{ranked.loc['TPP', 'chips']}",
        measured_tpp=f"{ranked.loc['TPP', 'correlation']:.2f}",
        measured_memory=f"{ranked.loc['memory bandwidth', 'correlation']:.2f}",
        band_low=f"{band.name:,.0f}",
        band_high=f"{band['high']:,.0f}",
        band_chips=f"{band['chips']:.0f}",
        band_inference=f"{band['inference']:.2f} [{band['inference_low']:.2f}, {band['inference_high']:.2f}]",
        band_on_chip=f"{band['inference_on_chip']:.2f} [{band['inference_on_chip_low']:.2f}, {band['inference_on_chip_high']:.2f}]",
        number_rules=f"{sum(counts.loc[('oct2022', o), 'chips'] for o in rules.OUTCOMES)}",
        number_sold=f"{sum(counts.loc[('oct2022', o), 'sold'] for o in rules.OUTCOMES)}",
        untold_2022=counted("oct2022", rules.UNKNOWN),
        reviewed_2026=counted("jan2026", rules.REVIEWED),
        reviewed_density=f"{((sheet['jan2026'] == rules.REVIEWED) & (sheet['offered'] != 'Chinese maker') & (sheet['tpp'] < second['oct2023_a1'])).sum()}",
        like_a100_reviewed=counted("jan2026", rules.REVIEWED, "serve_like_a100"),
        caught_weaker=f"{counts.loc[('oct2023', rules.CAUGHT), 'chips'] - counts.loc[('oct2023', rules.CAUGHT), 'serve_like_a100']}",
        speed=f"{merit.SPEED:.0f}",
        context=f"{merit.CONTEXT:,}",
        server=f"{merit.SERVER_CHIPS}",
        trt_arithmetic=interval(efficient.loc[("TensorRT-LLM FP8", "arithmetic")], 2),
        vllm_arithmetic=interval(efficient.loc[("vLLM", "arithmetic")], 2),
        doubted=f"{(sheet['doubt'] != '').sum()}",
    )
    for key, claim, bound in (("span_low", "span", 1.5), ("span_high", "span", 3.0), ("rank_low", "rank", 0.6), ("rank_high", "rank", 0.8)):
        for model, probability in near.loc[claim, bound, "today"].items():
            values[f"near_{key}_{'measured' if model in (MEASURED, RANK_MEASURED) else 'roofline'}"] = share(probability)
    return values


def forward_table(found: export_controls.Study) -> Table:
    """Scores and scatter of the rules of prediction."""
    rows = found.forward[found.forward["collection"] != FOREIGN].pivot(index="rule", columns="collection", values=["score", "scatter"])
    frame = pd.DataFrame({"rule": list(dict.fromkeys(found.forward["rule"]))})
    for key, collection in (("sweep", SWEEP), ("mlperf", GAMES)):
        for what in ("score", "scatter"):
            frame[f"{what}_{key}"] = rows[what, collection].loc[frame["rule"]].to_numpy()
    names = {"rule": "Rule", "score_sweep": "score, sweep", "scatter_sweep": "scatter, sweep", "score_mlperf": "score, MLPerf", "scatter_mlperf": "scatter, MLPerf"}
    return table(frame, "Predictions of runs that were not fitted: mean log score of a run (nats, higher is better), and scatter of log speed about one common factor.", names, dict.fromkeys(list(names)[1:], ".2f"))


def decides_table(found: export_controls.Study, claim: str) -> Table:
    """P(S) with one thing left out, the most influential ones of each date and model."""
    rows = found.left_out[found.left_out["claim"] == claim]
    full = {(d, m): p for source in (found.span_probability, found.correlation_probability) for d, by in source.items() for m, p in by.items()}
    rows = rows[rows["left_out"] != "none"].assign(all=[full[key] for key in zip(rows.loc[rows["left_out"] != "none", "date"], rows.loc[rows["left_out"] != "none", "model"], strict=True)])
    rows = rows.assign(change=(rows["probability"] - rows["all"]).abs()).sort_values("change", ascending=False, kind="stable").groupby(["date", "model"], sort=False).head(5).sort_values(["date", "model"], ascending=[True, False], kind="stable")
    frame = pd.DataFrame({"left": rows["left_out"], "date": rows["date"], "model": rows["model"].map(MODELS), "all": rows["all"].map(share), "without": rows["probability"].map(share)})
    return table(frame, "What decides: P(S) with everything, and with one thing left out (or added, where it says so).", {"left": "Left out", "date": "as of", "model": "model", "all": "P(S)", "without": "P(S) without"})


def spans_table(found: export_controls.Study) -> Table:
    """The span under other choices."""
    rows = found.spans
    frame = pd.DataFrame({"chips": rows["chips"], "regime": rows["regime"], "number": rows["number"].astype(str), "span": [interval(r) for _, r in rows.iterrows()], "p": rows["probability"].map(share)})
    return table(frame, "Largest over smallest relative merit, for other sets of chips, ways of serving, formats and speeds.", {"chips": "Chips", "regime": "serving", "number": "number", "span": "span", "p": "P(above the bar)"})


def bands_table(found: export_controls.Study) -> Table:
    """Rank correlations within bands of TPP."""
    rows = found.bands
    cell = {name: [f"{r[name]:.2f} [{r[f'{name}_low']:.2f}, {r[f'{name}_high']:.2f}]" for _, r in rows.iterrows()] for name in ("inference", "inference_on_chip", "bandwidth", "training")}
    frame = pd.DataFrame({"band": [f"{a:,.0f} to {b:,.0f}" for a, b in zip(rows["low"], rows["high"], strict=True)], "chips": rows["chips"].astype(str), **cell})
    names = {"band": "Band of TPP", "chips": "chips", "inference": "TPP, inference", "inference_on_chip": "the same with Groq", "bandwidth": "bandwidth, inference", "training": "TPP, training"}
    return table(frame, "Rank correlations, in the model, among chips within a factor of two of a centre; the second band is centred on the line of October 2023.", names)


def counts_table(found: export_controls.Study) -> Table:
    """What each rule says of how many chips."""
    words = dict(rules.RULES)
    frame = pd.DataFrame({"rule": list(words.values())})
    for outcome in rules.OUTCOMES:
        rows = found.counts[found.counts["outcome"] == outcome].set_index("rule").loc[list(words)]
        frame[outcome] = [f"{a} ({b})" for a, b in zip(rows["chips"], rows["sold"], strict=True)]
    return table(frame, "Chips not made in China by what a rule says of them; in brackets those that are sold to others.", {"rule": "Rule", **{o: o for o in rules.OUTCOMES}})


def measured_table(found: export_controls.Study) -> Table:
    """Chips with both disciplines in one MLPerf round."""
    rows = found.pairs[~found.pairs["chip"].isin(["H100"]) & ~((found.pairs["chip"] == "H200") & (found.pairs["round"] == "v5.1"))]
    against = rows["round"].map({"v4.1": "2024, H100", "v5.1": "2025, H200"})
    frame = rows.assign(against=against)[["chip", "against", "scenario", "inference", "training", "relative"]]
    return table(frame, "Best MLPerf entries as multiples of the round's reference chip; the last column is inference over training.", {"chip": "Chip", "against": "round, reference", "scenario": "scenario", "inference": "inference", "training": "fine-tuning", "relative": "ratio"}, dict.fromkeys(("inference", "training", "relative"), ".2f"))


def costs_table(found: export_controls.Study) -> Table:
    """Dollars for a million tokens written."""
    rows = found.costs.rename(columns={"usd": "median"})
    frame = pd.DataFrame({"chip": rows["chip"], "usd": [interval(r, 2) for _, r in rows.iterrows()]})
    return table(frame, "Dollars for a million tokens written for many users at the cost of owning the chip; reading prompts is left out.", {"chip": "Chip", "usd": "dollars"})

"""What decides the verdicts on export controls: chips, entries and tables left out one at a time, and bands about the rule's line."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from inference_scaling.export_controls import merit
from inference_scaling.export_controls.merit import PRIMARY, SPAN

# The line of October 2023 is 4,800 TPP; declared: a factor of two to either side. The others show how the correlation moves with the band.
LINE, FACTOR = 4800.0, 2.0
CENTRES = (LINE / 2, LINE, 2 * LINE, 4 * LINE, 8 * LINE)
PREVIEW = "NVIDIA's one-chip B200 entry of 2024"
# Draws of what is left out: errors of a hundredth are enough.
SMALL, EXTREMES = 1200, 8
NEAR_DUPLICATES = ("H100 NVL", "H100 PCIe")


def left_out_spans(date: str, chips: pd.DataFrame, part: dict, without: tuple, training: dict, entries: pd.DataFrame, seed: int) -> list[dict]:
    """P(span above 2) of both models with one thing left out.

    Parameters
    ----------
    date : str
    chips : DataFrame
        On sale by then.
    part : dict
        As `study.merits`.
    without : tuple of (Fitted, training posterior)
        Fitted without MLPerf.
    training : dict
        Training posterior with MLPerf.
    entries : DataFrame
        MLPerf entries known by then.
    """
    from inference_scaling.export_controls.study import MEASURED, ROOFLINE, SCENARIOS, before_prior, measured_span, spans_of

    out, names, relative = [], list(chips["chip"].iloc[part["trains"]]), part["relative"][PRIMARY]

    def add(model: str, what: str, draws: np.ndarray) -> None:
        out.append({"claim": "span", "date": date, "model": model, "left_out": what, "probability": float(np.mean(draws > SPAN))})

    mean, covariance = merit.moments(relative)
    # Only a chip at an end of the span can change it: the most frequent ones.
    ends = np.bincount(np.concatenate([part["posterior"].argmin(axis=1), part["posterior"].argmax(axis=1)]), minlength=len(names))
    for position in np.argsort(-ends)[:EXTREMES]:
        rest = np.delete(np.arange(len(names)), position)
        add(ROOFLINE, names[position], merit.span(merit.shrunk(mean[rest], covariance[np.ix_(rest, rest)], SMALL, seed)))
    fit, bare = without
    add(ROOFLINE, "MLPerf inference", spans_of(before_prior(chips, fit, training, seed)[3][PRIMARY], seed))
    add(ROOFLINE, "MLPerf, both disciplines", spans_of(before_prior(chips, fit, bare, seed)[3][PRIMARY], seed))
    changed = {chip: entries[entries["chip"] != chip] for chip in merit.PAIRED}
    preview = (entries["chip"] == "B200") & (entries["discipline"] == "inference, offline") & (entries["chips"] == 1)
    changed[PREVIEW] = entries[~preview]
    for what, rest in changed.items():
        pairs = [merit.pair_posterior(rest, k, SMALL, seed) for k in SCENARIOS if len(merit.paired(rest, k))]
        if len(rest) < len(entries) and pairs:
            add(MEASURED, what, measured_span(pairs, len(names), seed))
    there = [k for k in SCENARIOS if len(merit.paired(entries, k))]
    for scenario in there if len(there) > 1 else []:
        add(MEASURED, f"the {scenario} scenario", measured_span([merit.pair_posterior(entries, k, SMALL, seed) for k in there if k != scenario], len(names), seed))
    return out


def left_out_ranks(date: str, chips: pd.DataFrame, part: dict, entries: pd.DataFrame, sheet: pd.DataFrame, seed: int) -> list[dict]:
    """P(rank correlation of TPP with inference below the limit) of both models under other sets of chips."""
    from inference_scaling.export_controls.study import LIMIT, RANK_MEASURED, RANK_ROOFLINE, measured_offline

    out, tpp, rates = [], chips["tpp"].to_numpy(), part["rates"][PRIMARY]

    def add(model: str, what: str, number: int, draws: np.ndarray) -> None:
        out.append({"claim": "rank", "date": date, "model": model, "left_out": what, "number": number, "probability": float(np.mean(draws < LIMIT))})

    dram = part["trains"]
    sold = np.flatnonzero((chips["offered"] == "sold") & (chips["memory_kind"] == "DRAM"))
    for what, members in {"nothing, on-chip memory added": np.arange(len(chips)), "chips not sold to others": sold, "none": dram}.items():
        add(RANK_ROOFLINE, what, len(members), merit.rank_correlations(tpp[members], rates[:, members]))
    offline = entries["discipline"] == "inference, offline"
    rounds = sorted(entries.loc[offline, "round"].unique())
    choices = {"none": entries, "near-duplicates of the H100": entries[~entries["chip"].isin(NEAR_DUPLICATES)], "MI300X": entries[entries["chip"] != "MI300X"]}
    choices |= {f"the round {r[1:]}": entries[entries["round"] != r] for r in rounds if len(rounds) > 1}
    for what, rest in choices.items():
        best = measured_offline(rest, sheet)
        add(RANK_MEASURED, what, len(best), merit.correlation_posterior(best["tpp"].to_numpy(), best["merit"].to_numpy(), 4000, seed))
    best = measured_offline(entries, sheet, ("data centre", "workstation"))
    if (best["kind"] == "workstation").any():
        add(RANK_MEASURED, "nothing, workstation card added", len(best), merit.correlation_posterior(best["tpp"].to_numpy(), best["merit"].to_numpy(), 4000, seed))
    return out


def bands(chips: pd.DataFrame, part: dict) -> pd.DataFrame:
    """Rank correlations among chips within a factor of two of a centre, with and without on-chip memory; memory bandwidth over the same chips for comparison."""
    out = []
    dram = (chips["memory_kind"] == "DRAM").to_numpy()
    inference, training = part["rates"][PRIMARY], part["trained"]
    for centre in CENTRES:
        inside = chips["tpp"].between(centre / FACTOR, centre * FACTOR).to_numpy()
        members = np.flatnonzero(inside & dram)
        measures = {
            "inference": (chips["tpp"], inference, members), "inference_on_chip": (chips["tpp"], inference, np.flatnonzero(inside)),
            "bandwidth": (chips["memory_bandwidth"], inference, members), "training": (chips["tpp"], training, members),
        }
        row = {"low": centre / FACTOR, "high": centre * FACTOR, "chips": len(members), "on_chip": int((inside & ~dram).sum())}
        for name, (measure, rates, at) in measures.items():
            row[f"{name}_low"], row[name], row[f"{name}_high"] = np.quantile(merit.rank_correlations(measure.to_numpy()[at], rates[:, at]), [0.05, 0.5, 0.95])
        out.append(row)
    return pd.DataFrame(out)


def measured_ranks(best: pd.DataFrame) -> pd.DataFrame:
    """Spearman's correlation of measures of the rules with measured offline inference."""
    measures = {"TPP": best["tpp"], "memory bandwidth": best["memory_bandwidth"]}
    return pd.DataFrame([{"measure": name, "chips": len(best), "correlation": stats.spearmanr(values, best["merit"]).statistic} for name, values in measures.items()])

"""Search against training: decades of test compute needed for each decade of training compute given up, at equal performance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt

from inference_scaling import tables


def plane_model(rows: pd.DataFrame) -> pm.Model:
    r"""Pythia's plane of parameters, training tokens and samples.

    The success rate of a problem on checkpoint c is Beta(alpha, beta_c), so that coverage at k samples depends, for beta_c large, on k / beta_c alone:

    .. math:: \log_{10} \beta_c = a + p\,(\log_{10} N_c - 9) + q\,(\log_{10} D_c - 10.8) + \varepsilon_c

    Samples for any fixed coverage then move with 10^p for each decade of parameters N and 10^q for each decade of tokens D. Counts are taken at their stopping rule's
    likelihood, alpha and beta_c entering by the Beta-binomial.

    Parameters
    ----------
    rows : DataFrame
        Columns params, tokens, samples, successes, problems (how many share the counts).

    Notes
    -----
    Priors: log alpha N(log 0.3, 1); a N(1.5, 1); p and q N(-0.5, 0.5), from no effect to samples falling as fast as compute grows; scatter of checkpoints HalfNormal(0.3) decades.
    """
    point = rows.groupby(["params", "tokens"], sort=True).ngroup().to_numpy()
    first = rows.assign(point=point).drop_duplicates("point").sort_values("point")
    with pm.Model() as model:
        where = pm.Data("where", point.astype("int64"))
        n, s, weight = (pm.Data(name, rows[name].to_numpy(dtype=float)) for name in ("samples", "successes", "problems"))
        size, tokens = pm.Data("size", np.log10(first["params"].to_numpy()) - 9), pm.Data("tokens", np.log10(first["tokens"].to_numpy()) - 10.8)
        alpha = pt.exp(pm.Normal("log_alpha", np.log(0.3), 1))
        centre = pm.Normal("a", 1.5, 1) + pm.Normal("p", -0.5, 0.5) * size + pm.Normal("q", -0.5, 0.5) * tokens
        scatter = pm.HalfNormal("scatter", 0.3)
        log10_beta = pm.Normal("log10_beta", centre, scatter, shape=len(first))
        beta = 10 ** log10_beta[where]
        term = pt.gammaln(alpha + s) - pt.gammaln(alpha) + pt.gammaln(beta + n - s) - pt.gammaln(beta) - pt.gammaln(alpha + beta + n) + pt.gammaln(alpha + beta)
        pm.Potential("log_likelihood", (weight * term).sum())
    return model


def plane_counts(benchmark: str) -> pd.DataFrame:
    """Counts of the Pythia checkpoints on a benchmark, problems with equal counts merged; trained on 2e10 tokens or more and, on MATH, of 410 million parameters or more."""
    rows = tables.load("pythia_grid")
    rows = rows[(rows["benchmark"] == benchmark) & (rows["tokens"] >= 20_000_000_000) & (rows["params"] >= (410_000_000 if benchmark == "MATH" else 70_000_000))]
    keys = ["params", "tokens", "samples", "successes"]
    return rows.groupby(keys).size().rename("problems").reset_index()


def exchange_from_plane(p: np.ndarray, q: np.ndarray) -> dict[str, np.ndarray]:
    """Decades of sampling FLOP needed for each decade of training FLOP given up, at equal coverage.

    A sample costs 2 N FLOP a token, training 6 N D; so a decade of parameters less saves a decade on each sample, a decade of tokens less saves nothing there.
    """
    return {"smaller model": -(p + 1), "fewer tokens": -q, "both alike": -(p + 1 + q) / 2}


def pair_exchange(rows: pd.DataFrame) -> pd.DataFrame:
    """Exchange rate from a small model that searches and a large one that does not, from their totals of compute.

    The printed totals of DeepSeek-R1 count all of its parameters; both are cut to the active ones, which are what a token costs.

    Returns
    -------
    DataFrame
        pair, exchange (decades of test compute per decade of pre-training; negative where the small model is cheaper at both ends), as_printed (the same without the cut), train_factor, test_factor (large over
        small, small over large), parameter_factor (active ones), budget (search over one answer of equal length by the small model), math_500 and aime_2024 (points, small minus large).
    """
    table = []
    for pair, part in rows.groupby("pair"):
        small, large = part[part["search"]].iloc[0], part[~part["search"]].iloc[0]
        active = large["active_parameters"] / large["parameters"]
        printed_train, printed_test = large["pretraining_flop"] / small["pretraining_flop"], small["inference_flop"] / large["inference_flop"]
        train, test = printed_train * active, printed_test / active
        size = large["active_parameters"] / small["active_parameters"]
        rates = {"exchange": np.log10(test) / np.log10(train), "as_printed": np.log10(printed_test) / np.log10(printed_train), "train_factor": train, "test_factor": test}
        table.append({"pair": pair, **rates, "parameter_factor": size, "budget": test * size, "math_500": small["math_500"] - large["math_500"], "aime_2024": small["aime_2024"] - large["aime_2024"], "small": small["model"], "score": small["math_500"]})
    return pd.DataFrame(table)

"""Do samples of a small model foretell a larger one? Pairs of Pythia checkpoints a hundredfold apart in training compute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
from scipy import stats
from scipy.special import expit

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate
from inference_scaling.takeoff import checkpoints
from inference_scaling.takeoff.checkpoints import SAMPLES, Checkpoints

APART = 100.0
WITHIN = 2.0
TOLERANCE = 0.5
NEIGHBOURS = (0.25, 0.5, 1.0, 2.0)
SMALL, LARGE = 2_800_000_000, 12_000_000_000
SETTINGS = {"draws": 1000, "tune": 500, "target_accept": 0.9, "log_likelihood": False}
FORMS = ("free gap", "exchange rate")
PARAMETERS = ("level", "slope", "jump", "scatter", "unlike")
DECADES = np.log10(SAMPLES)


def plane(rows: pd.DataFrame, form: str) -> pm.Model:
    """Log odds of pass@1 and pass@100 over training compute, as measured.

    single_i ~ N(level_b + slope_b x_i, scatter_b), hundred_i ~ N(single_i + jump_b, unlike_b), x_i = log10 FLOP minus its mean; both observed with the covariance
    that each checkpoint's counts leave, and integrated out. What a hundredfold of samples does for benchmark b:
    "free gap": jump_b = 2 slope_b + gap_b, a hundredfold of training and a surplus, gap_b ~ N(gap, 0.5), gap ~ N(0, 2): parity in the middle, surplus and shortfall of a factor of 50 in the odds as easily;
    slope_b ~ half-normal(0.7): a hundredfold of training seldom moves the odds of such problems by more than a factor of 16;
    "exchange rate": slope_b = exponent_b jump_b / 2, exponent = decades of samples worth a decade of training ~ N(0.6, 0.3) above 0.05, about what published trades give; jump_b = log(100) Beta(3, 1.5),
    as a hundred samples multiply the odds of a rare success by a hundred if all problems are alike and by less if they are not. The jump is measured well and the slope badly, so slope follows from the other two.
    level ~ N(-5, 2); scatters half-normal(0.7).

    Parameters
    ----------
    rows : DataFrame
        As in `Checkpoints`.
    form : {"free gap", "exchange rate"}
    """
    names = sorted(rows["benchmark"].unique())
    index = rows["benchmark"].map(names.index).to_numpy()
    x = np.log10(rows["flop"].to_numpy())
    with pm.Model(coords={"benchmark": names, "checkpoint": np.arange(len(rows))}) as model:
        x_ = pm.Data("x", x - x.mean())
        level = pm.Normal("level", -5.0, 2.0, dims="benchmark")
        if form == "free gap":
            slope = pm.HalfNormal("slope", 0.7, dims="benchmark")
            centre = pm.Normal("gap", 0.0, 2.0)
            jump = 2 * slope + pm.Normal("gap_of", centre, 0.5, dims="benchmark")
        elif form == "exchange rate":
            jump = np.log(SAMPLES) * pm.Beta("gain", 3.0, 1.5, dims="benchmark")
            slope = pm.TruncatedNormal("exponent", 0.6, 0.3, lower=0.05, dims="benchmark") * jump / DECADES
        else:
            raise ValueError(f"form must be one of {', '.join(FORMS)}; got {form!r}")
        scatter = pm.HalfNormal("scatter", 0.7, dims="benchmark")
        unlike = pm.HalfNormal("unlike", 0.7, dims="benchmark")
        first, second = pm.Data("first", rows["single"].to_numpy()), pm.Data("second", rows["hundred"].to_numpy())
        noise = {name: pm.Data(name, value) for name, value in _noise(rows).items()}
        centre_of = level[index] + slope[index] * x_
        variance = scatter[index] ** 2 + noise["v11"]
        share = (scatter[index] ** 2 + noise["v12"]) / variance
        rest = scatter[index] ** 2 + unlike[index] ** 2 + noise["v22"] - share**2 * variance
        pm.Normal("seen_single", centre_of, pm.math.sqrt(variance), observed=first)
        pm.Normal("seen_hundred", centre_of + jump[index] + share * (first - centre_of), pm.math.sqrt(rest), observed=second)
        pm.Deterministic("jump", jump)
        if form == "exchange rate":
            pm.Deterministic("slope", slope)
    return model


def _noise(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Posterior covariance of each checkpoint's two log odds."""
    sd, coupling, rest = (rows[name].to_numpy() for name in ("single_sd", "coupling", "hundred_sd"))
    return {"v11": sd**2, "v12": sd * coupling, "v22": coupling**2 + rest**2}


def latent(tree, rows: pd.DataFrame, rng: np.random.Generator, seen: bool = True) -> np.ndarray:
    """Draws of the true log odds of pass@1 and pass@100 of every checkpoint, shape (chains, draws, checkpoints, 2).

    They are integrated out of `plane`, as everything is normal there, and drawn here given its parameters and, if `seen`, the measured values.
    """
    index = rows["benchmark"].map(sorted(rows["benchmark"].unique()).index).to_numpy()
    level, slope, jump, scatter, unlike = (tree[name][..., index] for name in ("level", "slope", "jump", "scatter", "unlike"))
    x = np.log10(rows["flop"].to_numpy())
    mean = level + slope * (x - x.mean())
    mean = np.stack([mean, mean + jump], axis=-1)
    common = np.broadcast_to((scatter**2)[..., None, None], (*scatter.shape, 2, 2)).copy()
    common[..., 1, 1] += unlike**2
    if seen:
        v = _noise(rows)
        noise = np.stack([np.stack([v["v11"], v["v12"]], -1), np.stack([v["v12"], v["v22"]], -1)], -2)
        gain = common @ np.linalg.inv(common + noise)
        mean = mean + (gain @ (rows[["single", "hundred"]].to_numpy() - mean)[..., None])[..., 0]
        common = common - gain @ common
    factor = np.linalg.cholesky((common + common.swapaxes(-1, -2)) / 2 + 1e-12 * np.eye(2))
    return mean + (factor @ rng.standard_normal((*mean.shape, 1)))[..., 0]


def pairs(rows: pd.DataFrame, apart: float = APART, within: float = WITHIN) -> pd.DataFrame:
    """Pairs of checkpoints of one benchmark whose training compute differs by `apart`, within a factor of `within`: columns small and large (row numbers), ratio."""
    flop, benchmark = rows["flop"].to_numpy(), rows["benchmark"].to_numpy()
    ratio = flop[None, :] / flop[:, None]
    hit = (benchmark[:, None] == benchmark[None, :]) & (ratio >= apart / within) & (ratio <= apart * within)
    small, large = np.nonzero(hit)
    return pd.DataFrame({"small": small, "large": large, "ratio": ratio[small, large]})


def median_gap(log_odds: np.ndarray, matched: pd.DataFrame) -> np.ndarray:
    """Median over pairs of the log odds of the small model's pass@100 minus the large one's pass@1; `log_odds` has shape (..., checkpoints, 2)."""
    return np.median(log_odds[..., matched["small"].to_numpy(), 1] - log_odds[..., matched["large"].to_numpy(), 0], axis=-1)


def problem_order(measured: Checkpoints, matched: pd.DataFrame) -> np.ndarray:
    """Spearman correlation, over the problems of a pair, of the small model's and the large model's success rates; shape (pairs,)."""
    found = []
    for small, large in matched[["small", "large"]].to_numpy():
        common, i, j = np.intersect1d(measured.problems[small], measured.problems[large], return_indices=True)
        found.append(stats.spearmanr(measured.rates[small][i], measured.rates[large][j]).statistic if len(common) > 2 else np.nan)
    return np.array(found)


def _rules(train: pd.DataFrame, exponent: dict[str, float], surplus: float) -> dict[str, object]:
    """Ways to foretell a large checkpoint's log odds of pass@1 from a small one's row."""
    trend = {name: np.polyfit(np.log10(part["flop"]), part["single"], 1) for name, part in train.groupby("benchmark")}

    def exchanged(row: pd.Series, ratio: float) -> float:
        share = min(np.log10(ratio) * exponent[row["benchmark"]] / DECADES, 1.0)
        return row["single"] + share * (row["hundred"] - row["single"])

    return {
        "100 samples of the smaller model": lambda row, ratio: row["hundred"],
        "samples at the fitted exchange rate": exchanged,
        "100 samples, corrected by the small models' surplus": lambda row, ratio: row["hundred"] - surplus,
        "one sample of the smaller model": lambda row, ratio: row["single"],
        "trend of the smaller models": lambda row, ratio: np.polyval(trend[row["benchmark"]], np.log10(row["flop"] * ratio)),
    }


def _ahead(rows: pd.DataFrame) -> pd.DataFrame:
    """Pairs that end in the largest model, from the small ones."""
    matched, params = pairs(rows), rows["params"].to_numpy()
    return matched[(params[matched["small"]] <= SMALL) & (params[matched["large"]] == LARGE)]


def forecasts(rows: pd.DataFrame, exponent: dict[str, float]) -> pd.DataFrame:
    """Every checkpoint of 12 billion parameters, foretold from those of at most 2.8 billion a hundredfold below.

    Each rule's normal error has mean zero and the root mean square of its own misses among the small models. One row a rule: pairs, rms (log odds),
    log_score (nats a pair).
    """
    small = rows["params"] <= SMALL
    train = rows[small]
    matched = pairs(rows)
    inside = matched[small.to_numpy()[matched["small"]] & small.to_numpy()[matched["large"]]]
    surplus = float(np.median(rows["hundred"].to_numpy()[inside["small"]] - rows["single"].to_numpy()[inside["large"]]))
    rules = _rules(train, exponent, surplus)
    ahead = _ahead(rows)

    def misses(chosen: pd.DataFrame, rule) -> np.ndarray:
        return np.array([rows["single"].iloc[j] - rule(rows.iloc[i], ratio) for i, j, ratio in chosen.itertuples(index=False)])

    found = []
    for name, rule in rules.items():
        known, new = misses(inside, rule), misses(ahead, rule)
        scale = np.sqrt((known**2).mean())
        found.append({"rule": name, "pairs": len(new), "rms": np.sqrt((new**2).mean()), "log_score": stats.norm(0, scale).logpdf(new).mean()})
    return pd.DataFrame(found)


@dataclass(frozen=True)
class Preview:
    """Results of the section.

    Attributes
    ----------
    probabilities, priors : dict of form to float
        P(S) before and after data.
    gap : dict of form to Estimate
        Median over pairs, log odds.
    direct : float
        The same from unbiased pass@k of the counts, without any law.
    gap_of : dict of benchmark to Estimate
        The same by benchmark, primary form.
    pair_range : tuple of float
        Gaps of single pairs: 5th and 95th percentile.
    times : dict of benchmark to float
        Share solved with SAMPLES samples over that with one, median over checkpoints.
    exponent : dict of benchmark to Estimate
        Decades of samples worth a decade of training.
    worth : dict of benchmark to Estimate
        Decades of training that SAMPLES samples are worth.
    neighbours : dict of bound to probability, primary form.
    pairs, rows : DataFrames
    last_evidence : str
    held : int
        Checkpoints that the forward check foretells.
    order : tuple of float
        Lowest, median and highest correlation of problems over pairs.
    forward : DataFrame
        See `forecasts`.
    """

    probabilities: dict[str, float]
    priors: dict[str, float]
    gap: dict[str, Estimate]
    direct: float
    gap_of: dict[str, Estimate]
    pair_range: tuple[float, float]
    times: dict[str, float]
    exponent: dict[str, Estimate]
    worth: dict[str, Estimate]
    neighbours: dict[float, float]
    pairs: pd.DataFrame
    rows: pd.DataFrame
    last_evidence: str
    held: int
    order: tuple[float, float, float]
    forward: pd.DataFrame


def study() -> Preview:
    """Measure the checkpoints, fit both forms, and foretell the largest model."""
    measured = checkpoints.load()
    rows, matched = measured.rows, pairs(measured.rows)
    small = rows[rows["params"] <= SMALL].reset_index(drop=True)
    models = {f"preview, {form}": plane(rows, form) for form in FORMS}
    trees = sampling.fit_all(models | {"preview, small models": plane(small, "exchange rate")}, **SETTINGS)
    rng = np.random.default_rng(checkpoints.SEED)
    probabilities, priors, gap = {}, {}, {}
    for form in FORMS:
        tree = trees[f"preview, {form}"]
        posterior = {name: sampling.draws(tree, name, flatten=False) for name in PARAMETERS}
        before = sampling.prior(models[f"preview, {form}"], list(PARAMETERS), draws=2000, seed=checkpoints.SEED)
        true = latent(posterior, rows, rng)
        after = median_gap(true, matched)
        probabilities[form] = float((np.abs(after) < TOLERANCE).mean())
        priors[form] = float((np.abs(median_gap(latent(before, rows, rng, seen=False), matched)) < TOLERANCE).mean())
        gap[form] = Estimate.from_draws(after, "log odds")
        if form == "free gap":
            of = rows["benchmark"].to_numpy()[matched["small"]]
            gap_of = {name: Estimate.from_draws(median_gap(true, matched[of == name]), "log odds") for name in np.unique(of)}
            neighbours = {bound: float((np.abs(after) < bound).mean()) for bound in NEIGHBOURS}
    names = sorted(rows["benchmark"].unique())
    rate = sampling.draws(trees["preview, exchange rate"], "exponent", flatten=False)
    early = sampling.draws(trees["preview, small models"], "exponent").mean(axis=0)
    order = problem_order(measured, matched)
    share = expit(rows[["single", "hundred"]].to_numpy())
    times = share[:, 1] / share[:, 0]
    return Preview(
        probabilities=probabilities,
        priors=priors,
        gap=gap,
        direct=float(median_gap(measured.unbiased, matched)),
        gap_of=gap_of,
        pair_range=tuple(np.quantile(measured.draws.mean(axis=1)[matched["small"], 1] - measured.draws.mean(axis=1)[matched["large"], 0], [0.05, 0.95])),
        times={name: float(np.median(times[(rows["benchmark"] == name).to_numpy()])) for name in names},
        exponent={name: Estimate.from_draws(rate[..., i]) for i, name in enumerate(names)},
        worth={name: Estimate.from_draws(DECADES / rate[..., i], "decades") for i, name in enumerate(names)},
        neighbours=neighbours,
        pairs=matched,
        rows=rows,
        last_evidence=tables.newest("pythia_grid"),
        held=_ahead(rows)["large"].nunique(),
        order=(float(np.nanmin(order)), float(np.nanmedian(order)), float(np.nanmax(order))),
        forward=forecasts(rows, dict(zip(names, early, strict=True))),
    )

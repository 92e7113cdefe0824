"""Merit of chips: tokens they write and tokens they train on each second, how far the two diverge, and how a rule's measure ranks them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special, stats

from inference_scaling.export_controls.efficiency import ALIKE, ALIKE_SHARE, Fitted
from inference_scaling.export_controls.linear import draw_posterior
from inference_scaling.export_controls.roofline import SHAPES, Efficiency, Server, Work, interactive_rate, one_request_speed, trained_per_second, written_per_second

MODEL = "Llama 3 70B"
# Declared before any result: long answers to many users at the speed of a public service of the day (20 tokens a second, DeepSeek 2025), servers of eight chips.
SPEED, CONTEXT, SERVER_CHIPS = 20.0, 4096, 8
REGIMES = {"interactive": "many users, 20 tokens a second each", "alone": "one user, lowest latency", "offline": "as many as fit, no bound on latency"}
PRIMARY = "interactive"
SPAN = 2.0
SPREAD_PRIOR = 0.3


def servers(chips: pd.DataFrame, speed: float = SPEED, memory_share: float = 0.75, bandwidth_share: float = 0.5) -> np.ndarray:
    """Chips of one server, shape (K,): eight, or the next power of two that holds the model at 8 bits and reads its weights in half of a step of the wanted speed.

    Slow cards get larger servers, since one that cannot reach the speed would serve a single user and its merit would be an accident of that.
    """
    weights = SHAPES[MODEL].parameters
    held = weights * 1.1 / (memory_share * chips["memory"].to_numpy())
    read = 2 * weights * speed / (bandwidth_share * chips["memory_bandwidth"].to_numpy())
    return np.maximum(SERVER_CHIPS, 2 ** np.ceil(np.log2(np.maximum(held, read))))


def inference_rates(chips: pd.DataFrame, efficiency: dict[str, np.ndarray], best_format: bool = False, speed: float = SPEED) -> dict[str, np.ndarray]:
    """Tokens that each chip writes each second in each regime, Llama 3 70B with 8-bit weights; shape (S, K).

    Parameters
    ----------
    chips : DataFrame
        export_chips.
    efficiency : dict of ndarray, shape (S, K)
        As `Fitted.efficiencies`.
    best_format : bool
        Four-bit weights and arithmetic for chips that have it, instead of the same format for all.
    speed : float
        Tokens a second that every user gets in the interactive regime.
    """
    four = (chips["rate_4_bit"].notna() & best_format).to_numpy()
    eight = chips[["rate_16_bit", "rate_8_bit"]].max(axis=1)
    rate = np.where(four, chips["rate_4_bit"].fillna(0), eight)
    weight_bytes = np.where(four, 0.56, 1.0)
    count = servers(chips, speed)
    server = Server(rate, chips["memory_bandwidth"].to_numpy(), chips["memory"].to_numpy(), count)
    # A server is always large enough for the weights and one context: small draws of the usable share are raised to that.
    floor = (SHAPES[MODEL].parameters * weight_bytes + 2.5) / (count * chips["memory"].to_numpy())
    e = Efficiency(efficiency["bandwidth"], efficiency["arithmetic"], efficiency["reading"], efficiency["layer_seconds"], np.maximum(efficiency["memory"], np.minimum(floor, 0.99)))
    long_answer = Work(MODEL, weight_bytes=weight_bytes, input_tokens=0, output_tokens=2 * CONTEXT)
    both = Work(MODEL, weight_bytes=weight_bytes, input_tokens=1000, output_tokens=1000)
    return {
        "interactive": interactive_rate(server, long_answer, speed, e) / count,
        "alone": one_request_speed(server, long_answer, e) / count,
        "offline": written_per_second(server, both, e) / count,
    }


def training_rates(chips: pd.DataFrame, utilisation: np.ndarray) -> np.ndarray:
    """Tokens that each chip trains on each second, shape (S, K)."""
    return trained_per_second(chips["rate_16_bit"].to_numpy(), utilisation, MODEL)


def chip_draws(fit: Fitted, chips: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Efficiency draws of all chips under typical software, the same for all."""
    return fit.efficiencies(list(chips["chip"]), seed, "typical")


TRAINED = ("A100 40GB", "A100 80GB", "A800", "Ascend 910B", "B200", "B300", "GB200", "GB300", "H100", "H200", "MI300X", "MI325X", "MI355X", "TPU v4", "TPU v5p", "Trainium1")


ROUNDS = ("v4.1", "v5.0", "v5.1")


def training_posterior(utilisation: pd.DataFrame, entries: pd.DataFrame, rate_16_bit: pd.Series, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Share of peak 16-bit arithmetic that training reaches on each chip.

    log utilisation of a published run = mean + chip + run; log speed of a fine-tuning entry = level of its round + log peak rate + chip + entry. Chips differ by a half-normal 0.3 (a third),
    published runs by a half-normal 0.4 (models and teams differ more than chips do), entries by a half-normal 0.1. The mean is normal about log 0.35, the middle of published runs, s.d. 0.4; levels are free.

    Parameters
    ----------
    utilisation : DataFrame
        training_utilisation.
    entries : DataFrame
        mlperf_llama2_70b.
    rate_16_bit : Series
        TFLOP/s by chip.

    Returns
    -------
    dict
        mean (draws,), chip (draws, len(TRAINED)), spread (draws,).
    """
    entries = entries[(entries["discipline"] == "training") & entries["chip"].isin(TRAINED) & entries["chip"].map(rate_16_bit).notna()]
    first, second = len(utilisation), len(entries)
    place = {chip: i for i, chip in enumerate(TRAINED)}
    design = np.zeros((first + second, 1 + len(TRAINED) + len(ROUNDS)))
    design[:first, 0] = 1
    design[np.arange(first), 1 + utilisation["chip"].map(place).to_numpy()] = 1
    design[first + np.arange(second), 1 + entries["chip"].map(place).to_numpy(int)] = 1
    design[first + np.arange(second), 1 + len(TRAINED) + entries["round"].map(ROUNDS.index).to_numpy(int)] = 1
    observed = np.concatenate([np.log(utilisation["utilisation"]), -np.log(entries["value"]) - np.log(entries["chip"].map(rate_16_bit).astype(float))])
    of_chips = np.zeros(design.shape[1], bool)
    of_chips[1 : 1 + len(TRAINED)] = True
    mean, deviation = np.full(len(of_chips), -10.0), np.full(len(of_chips), 3.0)
    mean[0], deviation[0] = np.log(0.35), 0.4
    found = draw_posterior(design, observed, np.repeat([0, 1], [first, second]), mean, deviation, of_chips, 0.3, (0.4, 0.1), draws, seed, points=12)
    return {"mean": found["beta"][:, 0], "chip": found["beta"][:, of_chips], "spread": found["spread"]}


def utilisation_draws(mean: np.ndarray, chip: np.ndarray, spread: np.ndarray, chips: list[str], seed: int) -> np.ndarray:
    """Utilisation of chips, shape (S, K), at most 1; a chip never measured lies near one of the same silicon, or is drawn from among chips."""
    rng = np.random.default_rng(seed)
    columns = []
    for name in chips:
        noise = spread * rng.normal(size=len(spread))
        twin = ALIKE.get(name)
        columns.append(chip[:, TRAINED.index(name)] if name in TRAINED else chip[:, TRAINED.index(twin)] + ALIKE_SHARE * noise if twin in TRAINED else noise)
    return np.minimum(np.exp(mean[:, None] + np.column_stack(columns)), 1.0)


PAIRED = ("H100", "H200", "B200", "MI300X", "MI325X", "GB200")


def paired(entries: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Entries of the chips measured in both disciplines in one round."""
    use = entries[entries["discipline"].isin([f"inference, {scenario}", "training"]) & entries["round"].isin(["v4.1", "v5.1"]) & entries["chip"].isin(PAIRED)]
    return use[use.groupby(["round", "chip"])["discipline"].transform("nunique") == 2]


def pair_posterior(entries: pd.DataFrame, scenario: str, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Relative merit of chips measured in both disciplines in one round, so that the age of the software cancels.

    log speed of an entry = level of round and discipline + merit of the chip + (inference only) relative merit + entry. Relative merits are normal with a spread that is half-normal 0.3: chips for
    data centres are built for both, and half of the prior has them differ by less than a fifth. Merits are normal with s.d. 1.5 (chips of three generations), entries half-normal 0.1.

    Parameters
    ----------
    entries : DataFrame
        Rows of mlperf_llama2_70b, rounds 4.1 and 5.1.
    scenario : {"offline", "interactive"}
        Of the inference entries.

    Returns
    -------
    dict
        relative (draws, number of measured chips), spread (draws,).
    """
    use = paired(entries, scenario)
    serves = (use["discipline"] == f"inference, {scenario}").to_numpy()
    level = 2 * (use["round"] == "v5.1").to_numpy() + serves
    chip, names = pd.factorize(use["chip"])
    rows, k = np.arange(len(use)), len(names)
    design = np.zeros((len(use), 2 * k + 4))
    design[rows, chip] = 1
    design[rows[serves], k + chip[serves]] = 1
    design[rows, 2 * k + level] = 1
    speed = np.where(serves, np.log(use["value"]), -np.log(use["value"]))
    of_chips = np.zeros(2 * k + 4, bool)
    of_chips[k : 2 * k] = True
    mean = np.concatenate([np.zeros(2 * k), [-3.0, 8.0, -3.0, 8.0]])
    deviation = np.concatenate([np.full(k, 1.5), np.ones(k), np.full(4, 3.0)])
    found = draw_posterior(design, speed, np.zeros(len(use), int), mean, deviation, of_chips, SPREAD_PRIOR, (0.1,), draws, seed, points=24)
    return {"relative": found["beta"][:, of_chips], "spread": found["spread"]}


def span(relative: np.ndarray) -> np.ndarray:
    """Largest over smallest, from log relative merits of shape (S, K)."""
    return np.exp(relative.max(axis=1) - relative.min(axis=1))


def span_of_population(spread: np.ndarray, chips: int, seed: int, known: np.ndarray | None = None) -> np.ndarray:
    """Span over `chips` chips whose log relative merits are normal with a given spread, shape (S,); `known` (S, m) are measured among them."""
    rng = np.random.default_rng(seed)
    others = spread[:, None] * rng.normal(size=(len(spread), chips - (0 if known is None else known.shape[1])))
    return span(others if known is None else np.column_stack([known, others]))


def prior_span(chips: int, draws: int = 20_000, seed: int = 1) -> float:
    """P(span above 2) before data, for so many chips."""
    spread = SPREAD_PRIOR * np.abs(np.random.default_rng(seed).normal(size=draws))
    return float(np.mean(span_of_population(spread, chips, seed + 1) > SPAN))


def moments(relative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (K,) and covariance (K, K) of draws, (S, K)."""
    centred = relative - relative.mean(axis=0)
    # Not by matrix product: for so small a matrix its threads cost more than they save.
    return relative.mean(axis=0), np.einsum("si,sj->ij", centred, centred) / (len(relative) - 1)


def shrunk(mean: np.ndarray, covariance: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Log relative merits given their estimates from specifications, under the prior on chips: normal about a common mean, spread half-normal 0.3, exact on a grid of the spread.

    Without it, unknown efficiencies of many chips would widen the span by their noise alone. Errors that chips share (of one silicon, or of the model) do not count as differences
    between them, since the estimates are taken as jointly normal.

    Parameters
    ----------
    mean, covariance : ndarray, shapes (K,) and (K, K)
        Of the log relative merits without a prior on chips.

    Returns
    -------
    ndarray, shape (draws, K)
    """
    own, axes = np.linalg.eigh(covariance)
    own = np.maximum(own, 1e-10)
    ones, turned = axes.sum(axis=0), mean @ axes
    grid = np.linspace(0.005, 3.0, 600)
    weight = 1 / (grid[:, None] ** 2 + own)
    across = (weight * ones**2).sum(axis=1)
    centre = (weight * ones * turned).sum(axis=1) / across
    log_weight = stats.halfnorm.logpdf(grid, scale=SPREAD_PRIOR) + 0.5 * np.log(weight).sum(axis=1) - 0.5 * (weight * (turned - centre[:, None] * ones) ** 2).sum(axis=1) - 0.5 * np.log(across)
    rng = np.random.default_rng(seed)
    at = rng.choice(len(grid), size=draws, p=special.softmax(log_weight))
    common = (centre[at] + rng.normal(size=draws) / np.sqrt(across[at]))[:, None] * ones
    keep = grid[at, None] ** 2 * weight[at]
    return (common + keep * (turned - common) + np.sqrt(keep * own) * rng.normal(size=common.shape)) @ axes.T


def carried(values: np.ndarray, relative: np.ndarray, posterior: np.ndarray) -> np.ndarray:
    """Draws of other quantities, moved as far as the prior on relative merits moved those: one posterior of everything.

    Given the relative merits nothing else changes, so that value + gain (posterior draw - original draw), with the gain of a linear regression of values on relative merits, is a draw (Matheron's rule).

    Parameters
    ----------
    values : ndarray, shape (S, M)
        Logarithms, drawn together with `relative`, shape (S, K); `posterior` as `shrunk` gives it, of the same shape.
    """
    centre, covariance = moments(relative)
    gain = np.linalg.solve(covariance, np.einsum("si,sj->ij", relative - centre, values - values.mean(axis=0)) / (len(values) - 1))
    return values + np.einsum("si,ij->sj", posterior - relative, gain)


def rank_correlations(measure: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of a measure, shape (K,), with draws of a rate, shape (S, K); chips without the measure are left out. Shape (S,)."""
    known = np.isfinite(measure)
    if known.sum() < 4:
        raise ValueError(f"measure must be known for 4 chips or more; got {known.sum()}")
    first = stats.rankdata(measure[known])
    second = stats.rankdata(rates[:, known], axis=1)
    first = first - first.mean()
    second = second - second.mean(axis=1, keepdims=True)
    return second @ first / np.sqrt((first**2).sum() * (second**2).sum(axis=1))


def correlation_posterior(x: np.ndarray, y: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Rank correlation of a population of chips from few measured ones: normal scores, bivariate normal, uniform prior on [0, 1]; shape (draws,)."""
    grid = np.linspace(0.0005, 0.9995, 1000)
    scores = [special.ndtri((stats.rankdata(v) - 0.5) / len(v)) for v in (x, y)]
    u, v = (s / s.std() for s in scores)
    quadratic = (u**2).sum() - 2 * grid * (u * v).sum() + (v**2).sum()
    log_density = -0.5 * len(x) * np.log(1 - grid**2) - quadratic / (2 * (1 - grid**2))
    pearson = np.random.default_rng(seed).choice(grid, size=draws, p=special.softmax(log_density))
    return 6 / np.pi * np.arcsin(pearson / 2)

"""What search is worth in size: the multiple of parameters that a hundredfold search stands for, in games and in language models."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit, logsumexp
from scipy.stats import halfnorm, norm, t

from inference_scaling import sampling, tables
from inference_scaling.bootstrapping.exchange import exchange_from_plane, pair_exchange, plane_counts, plane_model
from inference_scaling.estimates import Estimate

BUDGET = 100.0
LOW, HIGH = 100.0, 10_000.0
DOCUMENT_DATE = "2025-01-15"
DATES = ("2025-01", "2025-01 in hindsight", "today")
# Sampled in 2024, published as counts a few weeks after the claim.
HINDSIGHT = ("Pythia, samples with answer key",)
SETTINGS = {"draws": 500, "tune": 500, "target_accept": 0.9, "log_likelihood": False}
POOLS = ("settings alike", "settings alike, heavy tails", "games and language apart")
MULTIPLE_PRIOR, SPREAD_PRIOR = (1.5, 1.0), 1.0


def size_slope(log10_size: np.ndarray, score: np.ndarray, error: np.ndarray, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws of the intercept and slope of score on log10 parameters: weighted least squares, the scatter about the line included by an inflated error.

    Parameters
    ----------
    error : ndarray
        Standard errors; inflated by the root of the reduced chi-square where that exceeds one.
    """
    design = np.column_stack([np.ones_like(log10_size), log10_size])
    weight = error**-2.0
    covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
    at = covariance @ (design.T @ (weight * score))
    freedom = len(score) - 2
    inflation = max(1.0, float(np.sum(weight * (score - design @ at) ** 2) / freedom)) if freedom > 0 else 1.0
    draws = rng.multivariate_normal(at, inflation * covariance, size)
    return draws[:, 0], draws[:, 1]


def family_multiples(rows: pd.DataFrame, budget: float = BUDGET, size: int = 4000, seed: int = 11) -> pd.DataFrame:
    """log10 of the parameter multiple that a search of `budget` is worth, by family.

    A family's gain from search, cut down to `budget` as if gains grew with log compute, divided by its gain from a decade of parameters. Per cents are taken in logits, with the binomial
    error of 30 problems for AIME and 500 for MATH-500.

    Returns
    -------
    DataFrame
        family, multiple (median log10), sd, available_from.
    """
    rng = np.random.default_rng(seed)
    table = []
    for family, part in rows.dropna(subset=["budget"]).groupby("family"):
        percent = (part["unit"] == "percent").all()
        problems = 30 if "AIME" in family else 500
        score = logit(part["score"].to_numpy() / 100) if percent else part["score"].to_numpy()
        rate = part["score"].to_numpy() / 100
        error = 1 / np.sqrt(problems * rate * (1 - rate)) if percent else part["error"].to_numpy()
        plain = (part["budget"] == 1).to_numpy()
        sized = plain & part["parameters"].notna().to_numpy()
        if (~plain).sum() == 0 or sized.sum() < 2:
            continue
        _, slope = size_slope(np.log10(part["parameters"].to_numpy(dtype=float)[sized]), score[sized], error[sized], rng, size)
        slope = slope[slope > 0]
        gains = []
        for row in np.flatnonzero(~plain):
            base = np.flatnonzero(plain & (part["model"] == part["model"].iloc[row]).to_numpy())[0]
            share = np.log10(budget) / np.log10(part["budget"].iloc[row])
            # Problems are the same with and without search, so half of the variance is common.
            sd = np.hypot(error[row], error[base]) / np.sqrt(2 if percent else 1)
            gains.append(share * (score[row] - score[base] + sd * rng.standard_normal(len(slope))))
        value = np.mean(gains, axis=0) / slope
        table.append({"family": family, "multiple": float(np.median(value)), "sd": float(np.diff(np.quantile(value, [0.05, 0.95]))[0] / 3.29), "available_from": part["available_from"].max()})
    return pd.DataFrame(table)


def hex_bounds(train_per_test: float = 1.2, budget: float = BUDGET) -> dict[str, float]:
    """Most that search can be worth in parameters in Hex, as log10, at equal test compute and at equal nodes a move.

    The plane says how many decades of training the search replaces, not how many parameters; but a network cannot grow faster than in proportion to the compute that trains it. At equal nodes the larger
    network also pays its size at each of them: m decades of it then cost m of test and at least m of training compute.

    Parameters
    ----------
    train_per_test : float
        Decades of test compute that a decade of training compute replaces.

    Raises
    ------
    ValueError
        If either is not positive, or the budget not above 1.
    """
    if not (train_per_test > 0 and budget > 1):
        raise ValueError(f"train_per_test must be above 0 and budget above 1; got {train_per_test} and {budget}")
    return {"equal test compute": np.log10(budget) / train_per_test, "equal nodes": np.log10(budget) / (1 + train_per_test)}


def key_multiple(counts: pd.DataFrame, budget: int = int(BUDGET), size: int = 2000, seed: int = 13) -> tuple[float, float]:
    """log10 multiple and s.d. for samples judged by an answer key: the Pythia models with 10,000 samples, problems drawn anew.

    Success in one sample rises with size along a line in logits; a model with `budget` samples equals the size at which that line reaches its coverage.
    """
    rng = np.random.default_rng(seed)
    rows = counts[counts["family"] == "mathematics"]
    models = sorted(rows["model"].unique(), key=parameters_of)
    log10_size = np.log10([parameters_of(m) for m in models])
    single, many = [], []
    for model in models:
        part = rows[rows["model"] == model]
        rate = np.repeat(part["successes"].to_numpy() / part["attempts"].to_numpy(), part["problems"])
        # Draw problems anew, 10,000 samples each being many beside the budget.
        chosen = rate[rng.integers(len(rate), size=(size, len(rate)))]
        single.append(logit(np.clip(chosen.mean(axis=1), 1e-6, 1)))
        many.append(logit((1 - (1 - chosen) ** budget).mean(axis=1)))
    single, many = np.array(single), np.array(many)
    slope, intercept = np.polyfit(log10_size, single, 1)
    value = np.mean((many - intercept) / slope - log10_size[:, None], axis=0)
    return float(np.median(value)), float(value.std())


def parameters_of(model: str) -> float:
    """Parameters in a name such as Pythia 2.8B."""
    number = model.split()[-1]
    return float(number[:-1]) * {"M": 1e6, "B": 1e9}[number[-1]]


def with_value_nets(rows: pd.DataFrame) -> pd.DataFrame:
    """The table search_against_size with the bare chess networks judged by their value heads, one move ahead, in place of their policy heads."""
    value = rows["model"].str.endswith(", value net")
    names = rows["model"].str.removesuffix(", value net")
    return rows[value | rows["search"] | ~names.isin(names[value])].assign(model=names)


def multiples(value_nets: bool = False) -> pd.DataFrame:
    """One row a setting: log10 of the parameter multiple of a search of `BUDGET` and its s.d., or its bound, whether a game, judge, date.

    Parameters
    ----------
    value_nets : bool
        See `with_value_nets`.
    """
    against = tables.load("search_against_size")
    by_family = family_multiples(with_value_nets(against) if value_nets else against).set_index("family")
    rows = []

    def add(setting: str, game: bool, judge: str, value: float, sd: float, day, bound: float = np.nan) -> None:
        rows.append({"setting": setting, "game": game, "judge": judge, "multiple": value, "sd": sd, "bound": bound, "available_from": pd.Timestamp(day)})

    jones = tables.load("hex_published_fit").set_index("quantity")
    add("Hex networks, tree search", True, "network's own", np.nan, np.nan, jones["available_from"].max(), hex_bounds(-jones.loc["plane_train", "value"])["equal test compute"])
    chess = by_family.loc["chess networks"]
    add("chess networks, tree search", True, "network's own", chess["multiple"], chess["sd"], chess["available_from"])
    votes = by_family[by_family.index.str.contains("votes")]
    weight = votes["sd"] ** -2
    add("reasoning models, votes", False, "majority", float((votes["multiple"] * weight).sum() / weight.sum()), float(weight.sum() ** -0.5), votes["available_from"].max())
    counts = tables.load("repeated_sampling_counts")
    add("Pythia, samples with answer key", False, "answer key", *key_multiple(counts), counts["available_from"].max())
    value, sd, day = verifier_multiple()
    add("Llama 3B, search with verifier", False, "learned verifier", value, sd, day)
    return pd.DataFrame(rows)


def seen(rows: pd.DataFrame, date: str) -> pd.DataFrame:
    """Settings admitted at a date of `DATES`."""
    if date == "today":
        return rows
    known = rows["available_from"] <= DOCUMENT_DATE
    return rows[known if date == "2025-01" else known | rows["setting"].isin(HINDSIGHT)]


def verifier_multiple(size: int = 4000, seed: int = 17) -> tuple[float, float, pd.Timestamp]:
    """log10 multiple, s.d. and date for the one small model whose search budget can be computed."""
    rows = tables.load("search_against_size")
    plain = rows[(rows["family"] == "Llama, MATH-500, verifier search") & (rows["budget"] == 1)]
    rate = plain["score"].to_numpy() / 100
    rng = np.random.default_rng(seed)
    intercept, slope = size_slope(np.log10(plain["parameters"].to_numpy()), logit(rate), 1 / np.sqrt(500 * rate * (1 - rate)), rng, size)
    pair = pair_exchange(tables.load("small_against_large")).set_index("pair").loc["Llama"]
    reached = logit(pair["score"] / 100)
    share = np.log10(BUDGET) / np.log10(pair["budget"])
    base = np.log10(3e9)
    value = share * ((reached - intercept) / slope - base)
    return float(np.median(value)), float(np.diff(np.quantile(value, [0.05, 0.95]))[0] / 3.29), plain["available_from"].max()


MEAN_GRID, SPREAD_GRID = np.linspace(-2.5, 6.0, 69), np.linspace(0.06, 4.0, 40)
OWN = np.linspace(-5, 9, 281)


@functools.cache
def _law(heavy: bool) -> np.ndarray:
    """Density of a setting's own value given mean and spread, shape (means, spreads, OWN)."""
    mean, spread = MEAN_GRID[:, None, None], SPREAD_GRID[None, :, None]
    return (t.pdf((OWN - mean) / spread, 4) if heavy else norm.pdf((OWN - mean) / spread)) / spread


def pool(rows: pd.DataFrame, kind: str) -> tuple[np.ndarray, float]:
    """Law of log10 multiple in a setting not seen yet, on the grid `OWN`, and the log evidence of the rows.

    Settings' true values are normal (or Student-t with four degrees of freedom) about a mean; mean and spread are summed over a grid. Apart, games and language have a mean and
    a spread of their own under the same priors, and the new setting is one or the other with equal chance.

    Priors: mean N(1.5, 1), a multiple between 1 and 1,000 within one and a half s.d.; spread HalfNormal(1).

    Raises
    ------
    ValueError
        For a pool that is not in `POOLS`.
    """
    if kind not in POOLS:
        raise ValueError(f"pool must be one of {', '.join(POOLS)}; got {kind!r}")
    if kind == POOLS[2]:
        parts = [pool(rows[rows["game"] == game], POOLS[0]) for game in (True, False)]
        return (parts[0][0] + parts[1][0]) / 2, parts[0][1] + parts[1][1]
    law = _law(kind == POOLS[1])
    log_weight = norm.logpdf(MEAN_GRID, *MULTIPLE_PRIOR)[:, None] + halfnorm.logpdf(SPREAD_GRID, scale=SPREAD_PRIOR)
    log_weight = log_weight - logsumexp(log_weight)
    step = OWN[1] - OWN[0]
    joint = log_weight
    for row in rows.itertuples():
        # A bound says that the value lies between nought, search that does no good, and the bound, and no more.
        likelihood = norm.pdf(row.multiple, OWN, row.sd) if np.isnan(row.bound) else ((OWN >= 0) & (row.bound >= OWN)) / row.bound
        joint = joint + np.log(law @ likelihood * step + 1e-300)
    evidence = logsumexp(joint)
    new = np.tensordot(np.exp(joint - evidence), law, axes=2)
    return new / (new.sum() * step), float(evidence)


def within(density: np.ndarray, low: float = LOW, high: float = HIGH) -> float:
    """Probability that the multiple lies between two bounds."""
    inside = (np.log10(low) <= OWN) & (np.log10(high) >= OWN)
    return float(density[inside].sum() / density.sum())


def quantiles(density: np.ndarray) -> tuple[float, float, float]:
    """5, 50 and 95 % points of the decimal logarithm of the multiple."""
    low, middle, high = np.interp([0.05, 0.5, 0.95], density.cumsum() / density.sum(), OWN)
    return float(low), float(middle), float(high)


@dataclass(frozen=True)
class Study:
    """What the section shows.

    Attributes
    ----------
    exchange : DataFrame
        setting, group, value, low, high: decades of test compute per decade of training compute.
    samples : dict of benchmark -> Estimate
        Decades of samples saved by a decade of training, both alike: the same without the price of a sample.
    pairs : DataFrame
        See `pair_exchange`.
    multiples : DataFrame
        See `multiples`, with value, low and high of the factor; for a bound, high alone.
    probabilities, priors : dict of date -> pool -> P(S); dict of pool -> P before data
    log_scores : dict of pool -> float
        Log density of the settings published after the claim, given those before, nats.
    new : dict of date -> Estimate
        Decimal logarithm of the multiple in a setting not seen yet, first pool.
    votes : dict of family -> (log10 multiple, s.d.)
        What a hundredfold of votes is worth in each family.
    hex : dict
        See `hex_bounds`.
    value_nets : float
        Multiple in chess if the bare networks play by their value heads.
    sensitivity : DataFrame
        choice, probability: first pool today, one setting left out or measured otherwise at a time.
    neighbours : DataFrame
        P(multiple within bounds) by bounds, first pool and all settings.
    last_evidence : dict of date -> str
    """

    exchange: pd.DataFrame
    samples: dict[str, Estimate]
    pairs: pd.DataFrame
    multiples: pd.DataFrame
    probabilities: dict[str, dict[str, float]]
    priors: dict[str, float]
    log_scores: dict[str, float]
    new: dict[str, Estimate]
    votes: dict[str, tuple[float, float]]
    hex: dict[str, float]
    value_nets: float
    sensitivity: pd.DataFrame
    neighbours: pd.DataFrame
    last_evidence: dict[str, str]


def study(seed: int = 20250115) -> Study:
    """Exchange rates and parameter multiples with all that the section reports."""
    fits = sampling.fit_all({f"Pythia plane, {benchmark}": plane_model(plane_counts(benchmark)) for benchmark in ("GSM8K", "MATH")}, seed=seed, **SETTINGS)
    exchange, samples = [], {}
    jones = tables.load("hex_published_fit").set_index("quantity")["value"]
    exchange.append({"setting": "Hex (Jones)", "group": "games", "value": -jones["plane_train"]})
    for name, tree in fits.items():
        benchmark = name.split(", ")[1]
        p, q = sampling.draws(tree, "p"), sampling.draws(tree, "q")
        for how, value in exchange_from_plane(p, q).items():
            low, middle, high = np.quantile(value, [0.05, 0.5, 0.95])
            exchange.append({"setting": f"{benchmark}, {how}", "group": "answer key", "value": middle, "low": low, "high": high})
        samples[benchmark] = Estimate.from_draws((-(p + q) / 2).reshape(4, -1), "decades")
    pairs = pair_exchange(tables.load("small_against_large"))
    names = {"Llama": "3B for Llama 405B", "DeepSeek-R1": "7B distilled, for R1"}
    exchange += [{"setting": names[row.pair], "group": "verifier", "value": row.exchange} for row in pairs.itertuples()]
    rules = tables.load("training_inference_tradeoffs")
    rules = rules[(rules["source"] == "villalobos2023trading") & rules["technique"].str.contains("search|sampling")]
    reviewed = {"tree search (Hex)": "Hex, review", "repeated sampling, cheap verification": "cheap check, review", "repeated sampling, dear verification": "dear check, review"}
    exchange += [{"setting": reviewed[row.technique], "group": "games" if "Hex" in row.technique else "review", "value": row.inference_decades / row.training_decades} for row in rules.itertuples()]

    settings, nets, families = multiples(), multiples(value_nets=True), family_multiples(tables.load("search_against_size"))
    admitted = {date: seen(settings, date) for date in DATES}
    laws = {(date, kind): pool(rows, kind) for date, rows in admitted.items() for kind in POOLS}
    nothing = {kind: pool(settings.iloc[:0], kind)[0] for kind in POOLS}
    first = laws["today", POOLS[0]][0]
    spans = ((10, 1e3), (30, 3e3), (LOW, HIGH), (50, 2e4), (LOW, np.inf))
    return Study(
        exchange=pd.DataFrame(exchange),
        samples=samples,
        pairs=pairs,
        multiples=settings.assign(value=10 ** settings["multiple"], low=10 ** (settings["multiple"] - 1.645 * settings["sd"]), high=10 ** (settings["multiple"] + 1.645 * settings["sd"]).fillna(settings["bound"])),
        probabilities={date: {kind: within(laws[date, kind][0]) for kind in POOLS} for date in DATES},
        priors={kind: within(density) for kind, density in nothing.items()},
        log_scores={kind: laws["today", kind][1] - laws["2025-01", kind][1] for kind in POOLS},
        new={date: _estimate(laws[date, POOLS[0]][0]) for date in DATES},
        votes={row.family: (row.multiple, row.sd) for row in families.itertuples() if "votes" in row.family},
        hex=hex_bounds(-jones["plane_train"]),
        value_nets=float(10 ** nets.set_index("setting").loc["chess networks, tree search", "multiple"]),
        sensitivity=_sensitivity(settings, nets),
        neighbours=pd.DataFrame([{"from": low, "to": high, "probability": within(first, low, high if np.isfinite(high) else 1e9)} for low, high in spans]),
        last_evidence={date: f"{rows['available_from'].max():%Y-%m-%d}" for date, rows in admitted.items()},
    )


def _sensitivity(settings: pd.DataFrame, nets: pd.DataFrame) -> pd.DataFrame:
    """P(S) today under the first pool with one setting left out, or chess measured from the value heads."""
    choices = {"main analysis": settings} | {f"without {name}": settings[settings["setting"] != name] for name in settings["setting"]} | {"chess from the value nets": nets}
    return pd.DataFrame([{"choice": name, "probability": within(pool(rows, POOLS[0])[0])} for name, rows in choices.items()])


def _estimate(density: np.ndarray) -> Estimate:
    low, value, high = quantiles(density)
    return Estimate(value, low, high, 0.9, "decades of parameters")

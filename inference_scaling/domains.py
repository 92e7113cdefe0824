"""What reasoning adds by domain: gains of the same model with thinking switched on, hierarchical over models, makers and domains.

Data: LiveBench (C. White, S. Dooley et al. 2024, arXiv:2406.19314) and LMArena's votes by category.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from scipy import special, stats

from inference_scaling import sampling, tables
from inference_scaling.estimates import Estimate

CLOSED = ("mathematics", "coding", "reasoning")
OPEN = ("language", "instruction following", "data analysis")
LIVEBENCH = (*CLOSED, *OPEN, "agentic coding")
VOTES = ("mathematics", "coding", "hard prompts", "creative writing", "instruction following", "several turns", "longer query")
VOTES_CLOSED, VOTES_OPEN = ("mathematics", "coding"), ("creative writing",)
SETS = ("2024-11-25", "2025-05-30", "2026-01-08")
NEWEST, NEAREST = "2026-01-08", "2025-05-30"
GAP_SET, GAP_ERROR = "2025-04-02", 0.15
SPLIT = "2025-10-01"
UNIT = {"logit": 1.0, "points": 25.0, "elo": 25.0}
NORMAL, HEAVY = 1000.0, 4.0
N_DOMAINS, N_PAIRS, N_MAKERS = 7, 20, 8
THRESHOLD_SD, THRESHOLD_SHARE = 0.5, 0.5
SPREADS = ("pair", "maker", "maker_domain", "residual")


@dataclass(frozen=True)
class Gains:
    """Gains of n pairs and domains, ready for `gain_model`.

    Attributes
    ----------
    gain, error : ndarray, shape (n,)
        In units of one logit, 25 points or 25 Elo points; `error` is what is known of the measurement, 0 if nothing is.
    domain, pair, maker : ndarray of int, shape (n,)
        Slots; `domains` and `makers` name them.
    freedom : float
        Degrees of freedom of the residual: 1000 is as good as normal, 4 has heavy tails.
    """

    gain: np.ndarray
    error: np.ndarray
    domain: np.ndarray
    pair: np.ndarray
    maker: np.ndarray
    domains: tuple[str, ...]
    makers: tuple[str, ...]
    freedom: float = NORMAL


def proportion(score) -> np.ndarray:
    """Score in percent as a proportion, drawn half a point towards the middle so that its logit is finite.

    Raises
    ------
    ValueError
        If a score lies outside 0 to 100.
    """
    score = np.asarray(score, dtype=float)
    if not ((score >= 0) & (score <= 100)).all():
        raise ValueError("scores must lie in 0 to 100 percent")
    return (score + 0.5) / 101


def score_gain(base, reasoning, scale: str = "logit") -> np.ndarray:
    """Gain from a base to a reasoning score (percent), in logits or in units of 25 points."""
    before, after = proportion(base), proportion(reasoning)
    if scale == "logit":
        return special.logit(after) - special.logit(before)
    return 100 * (after - before) / UNIT["points"]


def livebench_gains(rows: pd.DataFrame, scale: str = "logit", freedom: float = NORMAL) -> Gains:
    """Gains from rows of the table livebench_pairs."""
    gain = score_gain(rows["base_score"], rows["reasoning_score"], scale)
    return _gains(rows, gain, np.zeros(len(rows)), rows["domain"], LIVEBENCH, freedom)


def vote_gains(rows: pd.DataFrame) -> Gains:
    """Gains from rows of the table lmarena_toggles."""
    return _gains(rows, rows["gain"] / UNIT["elo"], rows["standard_error"] / UNIT["elo"], rows["category"], VOTES, NORMAL)


def _gains(rows: pd.DataFrame, gain, error, domain: pd.Series, domains: tuple[str, ...], freedom: float) -> Gains:
    makers, pairs = sorted(rows["maker"].unique()), sorted(rows["pair"].unique())
    if len(makers) > N_MAKERS or len(pairs) > N_PAIRS:
        raise ValueError(f"{len(pairs)} pairs of {len(makers)} makers exceed the model's {N_PAIRS} and {N_MAKERS} slots; raise N_PAIRS or N_MAKERS")
    slots = (domain.map(domains.index), rows["pair"].map(pairs.index), rows["maker"].map(makers.index))
    return Gains(np.asarray(gain, dtype=float), np.asarray(error, dtype=float), *(slot.to_numpy(dtype="int64") for slot in slots), domains, tuple(makers), freedom)


def gain_model(data: Gains) -> pm.Model:
    r"""Gain of pair p, made by g, in domain d.

    .. math:: y_{pd} \sim t_\nu(\mu_d + u_p + v_g + w_{gd},\ \sqrt{s_{pd}^2 + \sigma^2}), \quad \mu_d = m + \omega (z_d - \bar z),\ z_d \sim N(0, 1)

    Priors, in logits (25 points, 25 Elo points): m ~ N(0.5, 1), thinking more likely helps than harms, by up to a factor of 9 in the odds; every spread (of
    domains, pairs, makers, makers within a domain, residual) ~ LogNormal(log 0.4, 0.7), nine in ten between an eighth of a logit and 1.3; zero is excluded,
    since few makers and domains cannot rule a tiny spread out (Y. Chung et al. 2013, Psychometrika 78). Closed and other domains
    share one prior, so that no direction is assumed. Makers have effects of their own since one recipe makes all toggles of a maker alike. Slots without rows
    keep their prior, so that data of every size share one graph.
    """
    with pm.Model() as model:
        gain = pm.Data("gain", data.gain)
        error = pm.Data("error", data.error)
        domain, pair, maker = (pm.Data(f"{name}_slot", getattr(data, name)) for name in ("domain", "pair", "maker"))
        freedom = pm.Data("freedom", data.freedom)
        centre = pm.Normal("centre", 0.5, 1)
        spread = {name: pm.LogNormal(f"sd_{name}", np.log(0.4), 0.7) for name in ("domain", *SPREADS)}
        pairs_of_maker = np.bincount(np.unique(np.stack([data.maker, data.pair]), axis=1)[0], minlength=N_MAKERS)
        direct = pm.Data("direct", (pairs_of_maker >= 2).astype(float))
        domain_z = pm.Normal("domain_z", shape=N_DOMAINS)
        of_domain = spread["domain"] * (domain_z - domain_z.mean())
        pm.Deterministic("domain", centre + of_domain)
        of_pair = spread["pair"] * pm.Normal("pair_z", shape=N_PAIRS)
        # A maker of two pairs or more is sampled as its level, any other as a standardised effect; both say N(centre, sd).
        maker_z = pm.Normal("maker_z", direct * centre, spread["maker"] ** direct, shape=N_MAKERS)
        level = direct * maker_z + (1 - direct) * (centre + spread["maker"] * maker_z)
        pm.Deterministic("maker", level - centre)
        of_both = pm.Deterministic("maker_domain", spread["maker_domain"] * pm.Normal("maker_domain_z", shape=(N_MAKERS, N_DOMAINS)))
        centre_of_row = level[maker] + of_domain[domain] + of_pair[pair] + of_both[maker, domain]
        pm.StudentT("y", nu=freedom, mu=centre_of_row, sigma=pt.sqrt(error**2 + spread["residual"] ** 2), observed=gain)
    return model


def parameters(tree: xr.DataTree) -> dict[str, np.ndarray]:
    """Draws of what the quantities below need: domain (S, 7), maker (S, 8), maker_domain (S, 8, 7) and the spreads, each (S,)."""
    return {name: sampling.draws(tree, name) for name in ("domain", "maker", "maker_domain", *(f"sd_{name}" for name in SPREADS))}


def spread_of_gains(draws: Mapping[str, np.ndarray], freedom: float = NORMAL) -> np.ndarray:
    """Standard deviation of one domain's gain over models, shape (S,); `freedom` must exceed 2."""
    if freedom <= 2:
        raise ValueError(f"a t distribution with {freedom} degrees of freedom has no standard deviation; use more than 2")
    residual = draws["sd_residual"] ** 2 * freedom / (freedom - 2)
    return np.sqrt(draws["sd_pair"] ** 2 + draws["sd_maker"] ** 2 + draws["sd_maker_domain"] ** 2 + residual)


def contrast(draws: Mapping[str, np.ndarray], domains: Sequence[str], closed: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Mean gain over the closed domains minus that over the others, for these domains, shape (S,).

    Raises
    ------
    ValueError
        If a domain is not among the names of the slots.
    """
    unknown = (set(closed) | set(others)) - set(domains)
    if unknown or not closed or not others:
        raise ValueError(f"no slot for {', '.join(sorted(unknown)) or 'an empty group'}; known domains: {', '.join(domains)}")
    first, second = ([list(domains).index(name) for name in group] for group in (closed, others))
    return draws["domain"][:, first].mean(axis=1) - draws["domain"][:, second].mean(axis=1)


def standardised_contrast(draws: Mapping[str, np.ndarray], data: Gains, closed: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """`contrast` in standard deviations of one domain's gain over models, shape (S,)."""
    return contrast(draws, data.domains, closed, others) / spread_of_gains(draws, data.freedom)


def next_mean_gain(draws: Mapping[str, np.ndarray], domains: Sequence[str], seed: int) -> np.ndarray:
    """Gain, averaged over the six LiveBench domains, of a further model of a further maker, shape (S,)."""
    shared = [list(domains).index(name) for name in (*CLOSED, *OPEN)]
    sd = np.sqrt(draws["sd_pair"] ** 2 + draws["sd_maker"] ** 2 + draws["sd_maker_domain"] ** 2 / len(shared))
    return draws["domain"][:, shared].mean(axis=1) + sd * np.random.default_rng(seed).standard_normal(len(sd))


def forward_log_score(draws: Mapping[str, np.ndarray], fitted: Gains, later: Gains, log_jacobian: np.ndarray, seed: int, inner: int = 2) -> float:
    """Sum over later pairs of the log predictive density of their gains in all domains, in nats.

    A maker already seen keeps its effects, a new one draws them; the pair's own effect is drawn `inner` times for each posterior draw.

    Parameters
    ----------
    log_jacobian : ndarray, shape (n,)
        Added to each row's log density, to bring scales of the gain to a common one.
    """
    rng = np.random.default_rng(seed)
    many = {name: np.repeat(value, inner, axis=0) for name, value in draws.items()}
    size = len(many["sd_pair"])
    total = 0.0
    for pair in np.unique(later.pair):
        rows = np.flatnonzero(later.pair == pair)
        slots, name = later.domain[rows], later.makers[later.maker[rows[0]]]
        if name in fitted.makers:
            maker, both = many["maker"][:, fitted.makers.index(name)], many["maker_domain"][:, fitted.makers.index(name)][:, slots]
        else:
            maker = many["sd_maker"] * rng.standard_normal(size)
            both = many["sd_maker_domain"][:, None] * rng.standard_normal((size, len(slots)))
        own = many["sd_pair"] * rng.standard_normal(size)
        centre = many["domain"][:, slots] + both + (maker + own)[:, None]
        sigma = np.sqrt(many["sd_residual"][:, None] ** 2 + later.error[rows] ** 2)
        density = stats.t.logpdf(later.gain[rows], fitted.freedom, centre, sigma).sum(axis=1)
        total += float(special.logsumexp(density) - np.log(size) + log_jacobian[rows].sum())
    return total


@dataclass(frozen=True)
class Study:
    """Everything that the two sections on domains show; intervals 90 %.

    Attributes
    ----------
    contrast, probability, prior : dict of model -> Estimate (in standard deviations), P(> 0.5), P before data
    share, share_probability, share_prior : the same for the part of o1's gain over GPT-4o that a toggle gives
    forward : dict of LiveBench model -> log score of the toggles released from October 2025 on, nats, given the earlier ones
    by_choice : DataFrame
        choice, median, low, high, probability: the contrast under other question sets and other divisions of the domains.
    by_domain : DataFrame
        source, questions, domain, group, median, low, high: gain in logits, or in Elo points for votes.
    shares : DataFrame
        comparison, gain, share: gain of single pairs, and as a part of o1's gain, on the same questions.
    by_maker : DataFrame
        maker, gain: mean logit gain of its toggles over the six domains, questions of May 2025.
    gap : Estimate
        o1's gain over GPT-4o, mean of six domains, logits.
    last_evidence : str
    """

    contrast: dict[str, Estimate]
    probability: dict[str, float]
    prior: dict[str, float]
    share: dict[str, Estimate]
    share_probability: dict[str, float]
    share_prior: dict[str, float]
    forward: dict[str, float]
    by_choice: pd.DataFrame
    by_domain: pd.DataFrame
    shares: pd.DataFrame
    by_maker: pd.DataFrame
    gap: Estimate
    last_evidence: str


FORMS = {"logits, normal": ("logit", NORMAL), "logits, heavy tails": ("logit", HEAVY), "points, normal": ("points", NORMAL)}
NEW_QUESTIONS, OLD_QUESTIONS, BY_VOTES = "questions of January 2026", "questions of May 2025", "human votes"
RETRAINED = "with retrained pairs"
SHOWN = {
    ("newest", "logits, normal"): ("LiveBench", "January 2026", 1.0),
    ("near", "logits, normal"): ("LiveBench", "May 2025", 1.0),
    ("votes", BY_VOTES): ("votes", "December 2025", UNIT["elo"]),
}


def study(seed: int = 20250114) -> Study:
    """Fit the declared model sets of both claims and all that the sections report."""
    table = tables.load("livebench_pairs")
    toggles = {day: table[(table["release"] == day) & (table["kind"] == "toggle")] for day in (NEAREST, NEWEST)}
    near = toggles[NEAREST]
    early, late = near[near["reasoning_released"] < SPLIT], near[near["reasoning_released"] >= SPLIT]
    both_kinds = table[(table["release"] == NEAREST) & table["kind"].isin(["toggle", "retrained"])]
    data = {("newest", name): livebench_gains(toggles[NEWEST], *form) for name, form in FORMS.items()}
    data |= {("early", name): livebench_gains(early, *form) for name, form in FORMS.items()}
    data |= {("near", name): livebench_gains(near, *FORMS[name]) for name in list(FORMS)[:2]}
    data |= {("near", RETRAINED): livebench_gains(both_kinds), ("votes", BY_VOTES): vote_gains(tables.load("lmarena_toggles"))}
    models = {key: gain_model(part) for key, part in data.items()}
    trees = sampling.fit_all({"domains " + " ".join(key): model for key, model in models.items()}, draws=2000, tune=1000, seed=seed, target_accept=0.98)
    posteriors = {key: parameters(tree) for key, tree in zip(data, trees.values(), strict=True)}
    before = sampling.prior(gain_model(data["newest", "logits, normal"]), ["domain", *(f"sd_{name}" for name in SPREADS)], draws=8000, seed=seed)

    chosen = {
        NEW_QUESTIONS: (("newest", "logits, normal"), CLOSED, OPEN),
        OLD_QUESTIONS: (("near", "logits, normal"), CLOSED, OPEN),
        BY_VOTES: (("votes", BY_VOTES), VOTES_CLOSED, VOTES_OPEN),
    }
    size = {name: standardised_contrast(posteriors[key], data[key], *groups) for name, (key, *groups) in chosen.items()}
    size_before = {name: contrast(before, data[key].domains, *groups) / spread_of_gains(before, data[key].freedom) for name, (key, *groups) in chosen.items()}
    gap = o1_gap(table, seed, len(before["domain"]))
    main = ("logits, normal", "logits, heavy tails", RETRAINED)
    part = {name: next_mean_gain(posteriors["near", name], LIVEBENCH, seed) / gap[: len(posteriors["near", name]["sd_pair"])] for name in main}
    part_before = next_mean_gain(before, LIVEBENCH, seed) / gap
    later = {name: livebench_gains(late, *form) for name, form in FORMS.items()}
    return Study(
        contrast={name: Estimate.from_draws(x.reshape(4, -1), unit="standard deviations") for name, x in size.items()},
        probability={name: float(np.mean(x > THRESHOLD_SD)) for name, x in size.items()},
        prior={name: float(np.mean(x > THRESHOLD_SD)) for name, x in size_before.items()},
        share={name: Estimate.from_draws(x.reshape(4, -1), unit="share of o1's gain") for name, x in part.items()},
        share_probability={name: float(np.mean(x > THRESHOLD_SHARE)) for name, x in part.items()},
        share_prior=dict.fromkeys(main, float(np.mean(part_before > THRESHOLD_SHARE))),
        forward={name: forward_log_score(posteriors["early", name], data["early", name], later[name], _log_jacobian(late, FORMS[name][0]), seed) for name in FORMS},
        by_choice=_choices(posteriors, data),
        by_domain=pd.concat([_domains(posteriors[key], data[key], *names) for key, names in SHOWN.items()], ignore_index=True),
        shares=_single_shares(table),
        by_maker=_mean_gains(near).groupby("maker").mean().reset_index(),
        gap=Estimate.from_draws(gap, unit="logits"),
        last_evidence=str(toggles[NEWEST]["available_from"].max())[:10],
    )


def o1_gap(table: pd.DataFrame, seed: int, size: int) -> np.ndarray:
    """Gain of o1 over GPT-4o, mean of the six domains in logits, with an error of 0.15 for some 100 questions a domain; shape (size,)."""
    rows = table[(table["kind"] == "o1 gap") & (table["release"] == GAP_SET)]
    middle = float(np.mean(score_gain(rows["base_score"], rows["reasoning_score"])))
    return middle + GAP_ERROR * np.random.default_rng(seed + 1).standard_normal(size)


def _log_jacobian(rows: pd.DataFrame, scale: str) -> np.ndarray:
    """Log derivative of the gain on its scale with respect to the gain in logits, shape (n,)."""
    after = proportion(rows["reasoning_score"])
    return np.zeros(len(rows)) if scale == "logit" else np.log(100 * after * (1 - after) / UNIT["points"])


def _choices(posteriors: Mapping[tuple, dict], data: Mapping[tuple, Gains]) -> pd.DataFrame:
    new, near, votes = ("newest", "logits, normal"), ("near", "logits, normal"), ("votes", BY_VOTES)
    choices = {
        NEW_QUESTIONS: (new, CLOSED, OPEN),
        OLD_QUESTIONS: (near, CLOSED, OPEN),
        "January 2026, heavy tails": (("newest", "logits, heavy tails"), CLOSED, OPEN),
        "January 2026, points instead of logits": (("newest", "points, normal"), CLOSED, OPEN),
        "May 2025, instruction following left out": (near, CLOSED, ("language", "data analysis")),
        "January 2026, instruction following left out": (new, CLOSED, ("language", "data analysis")),
        "January 2026, coding left out": (new, ("mathematics", "reasoning"), OPEN),
        "January 2026, reasoning puzzles left out": (new, ("mathematics", "coding"), OPEN),
        "January 2026, agentic coding added to the closed domains": (new, (*CLOSED, "agentic coding"), OPEN),
        "January 2026, language alone as the other side": (new, CLOSED, ("language",)),
        "human votes: mathematics and coding against creative writing": (votes, VOTES_CLOSED, VOTES_OPEN),
        "human votes: mathematics alone against creative writing": (votes, ("mathematics",), VOTES_OPEN),
    }
    table = []
    for choice, (key, closed, others) in choices.items():
        x = standardised_contrast(posteriors[key], data[key], closed, others)
        low, median, high = np.quantile(x, [0.05, 0.5, 0.95])
        table.append({"choice": choice, "median": median, "low": low, "high": high, "probability": float(np.mean(x > THRESHOLD_SD))})
    return pd.DataFrame(table)


def _domains(draws: Mapping[str, np.ndarray], data: Gains, source: str, questions: str, unit: float) -> pd.DataFrame:
    """Gain by domain of a further model of a typical maker: median and 90 % interval of its mean."""
    closed, others = (CLOSED, OPEN) if data.domains == LIVEBENCH else (VOTES_CLOSED, VOTES_OPEN)
    groups = {**dict.fromkeys(data.domains, "not compared"), **dict.fromkeys(closed, "closed-domain"), **dict.fromkeys(others, "more open-ended")}
    low, median, high = unit * np.quantile(draws["domain"], [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({"source": source, "questions": questions, "domain": data.domains, "group": [groups[d] for d in data.domains], "median": median, "low": low, "high": high})


def _mean_gains(rows: pd.DataFrame) -> pd.Series:
    """Mean logit gain over the six domains, by kind, maker and pair."""
    six = rows[rows["domain"].isin([*CLOSED, *OPEN])]
    gain = score_gain(six["base_score"], six["reasoning_score"])
    return six.assign(gain=gain).groupby(["kind", "maker", "pair"])["gain"].mean()


def _single_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Gain of single pairs as a share of o1's gain over GPT-4o (November 2024), on the questions of November 2024."""
    mean = _mean_gains(table[table["release"] == SETS[0]])
    base = mean["o1 gap", "OpenAI", "GPT-4o (November 2024) to o1"]
    names = {("toggle", "Anthropic", "Claude 3.7 Sonnet"): "Claude 3.7 Sonnet, thinking switched on", ("retrained", "DeepSeek", "DeepSeek-V3 to R1"): "DeepSeek-V3 trained into R1"}
    return pd.DataFrame([{"comparison": label, "gain": mean[key], "share": mean[key] / base} for key, label in names.items()])

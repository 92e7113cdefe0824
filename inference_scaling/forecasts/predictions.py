"""Pooled probabilities of the resolved questions by every rule, computed once and kept.

Cross-validation runs each learning rule dozens of times, so its result is stored beside the posteriors, under a key of the forecasts, of the source text of every module
that takes part, and of the libraries' versions: a change to any of them computes it again.
"""

from __future__ import annotations

import ast
import functools
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import xarray as xr
from scipy import optimize
from scipy.special import expit

from inference_scaling import store
from inference_scaling.forecasts import pools, skill, validation
from inference_scaling.forecasts.bayes import PoolWarning
from inference_scaling.forecasts.crowd import CLIP, log_odds
from inference_scaling.graph_key import digest

UNTRAINED = ("mean", "median", "trimmed", "geometric_odds", "neyman_roughgarden")
TRAINED = ("extremised", "bayes")
WIDE_SKILL = 1.0
REPEATS, LARGE_REPEATS, LARGE = 8, 2, 500
PACKAGE = "inference_scaling.forecasts"


def stored(rows: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """`computed`, from the store or else run and stored."""
    source = [Path(__file__).with_name(f"{name}.py").read_bytes().hex() for name in sorted(modules())]
    values = [rows[name].to_numpy().astype("int64" if name in ("date", "closed") else float) for name in ("question", "forecaster", "probability", "outcome", "date", "closed")]
    groups = "\n".join(rows["group"])
    key = digest("pooled predictions", source, values, groups, seed, [np.__version__, scipy.__version__, pd.__version__])
    if store.read(key) is None:
        store.check_writable()
        with store.lock(key):
            if not store.path(key).is_file():
                store.write(key, _tree(computed(rows, seed)))
    kept = store.read(key)["predictions"]
    parts = [str(name).split("|") for name in kept["pool"].values]
    columns = pd.MultiIndex.from_tuples([(method, trained_on, int(repeat)) for method, trained_on, repeat in parts], names=["method", "trained_on", "repeat"])
    return pd.DataFrame(kept["probability"].values, index=pd.Index(kept["question"].values, name="question"), columns=columns).sort_index(axis=1)


def _tree(table: pd.DataFrame) -> xr.DataTree:
    names = np.array(["|".join(map(str, column)) for column in table.columns])
    data = xr.Dataset({"probability": (("question", "pool"), table.to_numpy()), "question": ("question", table.index.to_numpy()), "pool": ("pool", names)})
    return xr.DataTree.from_dict({"predictions": data.reset_coords()})


def modules(name: str = "predictions") -> set[str]:
    """Modules of this package that a module imports, directly or not, with itself."""
    found, waiting = set(), [name]
    while waiting:
        found.add(module := waiting.pop())
        for node in ast.walk(ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
                waiting += {alias.name for alias in node.names} - found
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
                waiting += {node.module.removeprefix(f"{PACKAGE}.")} - found
    return found


def computed(rows: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Pooled probability of every question by every rule.

    Which questions share a fold moves the score of a small set by as much as rules differ, so cross-validation is repeated under `REPEATS` divisions into folds, for sets of more
    than `LARGE` questions under `LARGE_REPEATS`.

    Returns
    -------
    DataFrame
        Index question. Columns (method, trained_on, repeat); missing where a rule or repeat does not apply. trained_on is "own" for rules that learn nothing and for those that
        learn from the other folds of the same set, "all" for the other folds of all sets, "others" for the other sets only, "nothing" for the Bayesian rule's prior, "earlier" for PredictionBook's later half of questions
        given the half that had closed by then. Beside the rules of `pools` and `skill`: the Bayesian one without dates, and without records (nameless), fitted skills under a prior twice as wide, and two
        yardsticks for PredictionBook, whose forecasts are dated: the latest forecast alone, and `regression`.
    """
    bare = rows.drop(columns="outcome")
    table = {(name, "own", 0): _pool(bare, None, name) for name in UNTRAINED} | {("bayes", "nothing", 0): _pool(bare, None, "bayes")}
    book = rows[rows["group"] == "PredictionBook"]
    small = rows[rows.groupby("group")["question"].transform("nunique") <= LARGE]
    learners = _learners()
    for repeat in range(REPEATS):
        fold = validation.assigned_folds(rows, seed=seed + repeat)
        whole = repeat < LARGE_REPEATS
        table |= {(name, "own", repeat): validation.cross_validated(rows if whole else small, rule, fold) for name, rule in learners.items()}
        if whole:
            table |= {(name, "all", repeat): validation.cross_validated(rows, learners[name], fold, "all") for name in TRAINED}
            table["regression", "own", repeat] = validation.cross_validated(book, regression, fold)
            wide = functools.partial(skill.record_pool, way="fitted skill", skill_scale=WIDE_SKILL)
            table["fitted skill, wide prior", "own", repeat] = validation.cross_validated(rows, wide, fold)
    table |= {(name, "others", 0): validation.transferred(rows, learners[name]) for name in TRAINED}
    table["latest", "own", 0] = _latest(book).clip(CLIP, 1 - CLIP)
    earlier, later = halves(book)
    table |= {(way, "earlier", 0): learners[way](later.drop(columns="outcome"), earlier) for way in skill.WAYS}
    return pd.DataFrame(table).rename_axis(columns=["method", "trained_on", "repeat"])


def _learners() -> dict[str, validation.Rule]:
    """Rules that learn from resolved questions, by name."""
    rules: dict[str, validation.Rule] = {name: functools.partial(_pool, method=name) for name in TRAINED}
    rules["bayes undated"] = lambda forecasts, train: _pool(forecasts.drop(columns="date"), train.drop(columns="date"), "bayes")
    rules["bayes nameless"] = lambda forecasts, train: _pool(_nameless(forecasts), _nameless(train, -1), "bayes")
    rules |= {way: functools.partial(skill.record_pool, way=way) for way in skill.WAYS}
    return rules


def _nameless(rows: pd.DataFrame, sign: int = 1) -> pd.DataFrame:
    """The same forecasts, each by a forecaster of its own, so that nobody has a record; labels of opposite sign never meet."""
    return rows.assign(forecaster=sign * np.arange(1, len(rows) + 1))


def _latest(rows: pd.DataFrame) -> pd.Series:
    """Latest forecast on each question; of several on one day, their mean."""
    last = rows["date"] == rows.groupby("question")["date"].transform("max")
    return rows[last].groupby("question")["probability"].mean()


def regression(forecasts: pd.DataFrame, train: pd.DataFrame) -> pd.Series:
    """Yardstick for dated sets: logistic regression on the mean log odds, the latest forecast's log odds and a constant.

    Each coefficient has a standard normal prior around 1, 0 and 0.
    """
    features = [np.column_stack([mean_log_odds(rows), log_odds(_latest(rows)), np.ones(rows["question"].nunique())]) for rows in (train, forecasts)]
    sign, centre = 2 * train.groupby("question")["outcome"].first().to_numpy() - 1, np.array([1.0, 0.0, 0.0])

    def loss(coefficients: np.ndarray) -> float:
        return np.logaddexp(0, -sign * (features[0] @ coefficients)).sum() + 0.5 * ((coefficients - centre) ** 2).sum()

    found = optimize.minimize(loss, centre).x
    return pd.Series(expit(features[1] @ found), index=pd.Index(np.sort(forecasts["question"].unique()), name="question"))


def _pool(forecasts: pd.DataFrame, train: pd.DataFrame | None, method: str) -> pd.Series:
    with warnings.catch_warnings():
        # Few questions to learn from, and crowds unlike these, are what the comparison is about.
        warnings.simplefilter("ignore", PoolWarning)
        return pools.pool(forecasts, method, train)


def halves(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecasts on the half of the questions that closed first, and on the rest."""
    middle = rows.drop_duplicates("question")["closed"].median()
    return rows[rows["closed"] <= middle], rows[rows["closed"] > middle]


def mean_log_odds(rows: pd.DataFrame) -> pd.Series:
    """Mean log odds of each question, probabilities moved to [0.01, 0.99] first."""
    return pd.Series(log_odds(rows["probability"]), index=rows.index).groupby(rows["question"]).mean()


def extremised_brier(rows: pd.DataFrame, exponent: float) -> float:
    """Mean Brier score of the mean log odds times `exponent`."""
    x = mean_log_odds(rows)
    outcome = rows.drop_duplicates("question").set_index("question")["outcome"]
    return float(((expit(exponent * x) - outcome.reindex(x.index)) ** 2).mean())

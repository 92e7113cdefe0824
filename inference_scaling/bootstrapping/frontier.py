"""Hex: the best play that training compute bought, refitted as Jones did it, and how far a maximum over runs misleads that fit.

Data and the published fit: A. Jones 2021, "Scaling Scaling Laws with Board Games", arXiv:2104.03113. Elo counts from perfect play, which is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from inference_scaling import tables

GRID = 101
COEFFICIENTS = ("incline_per_decade", "incline_board_size", "incline_intercept", "plateau_board_size", "plateau_intercept")
# The coefficients from which Jones's code starts, in Elo.
START = np.array([2.0, -2.0, -16.0, -1.5, 3.0]) * 400 / np.log(10)
CENTRE_BOARD = 6.0
REPETITIONS = 30
# Elo by which a run falls short on average, on the flat parts and on the incline; two suppositions, neither of them fitted.
SHORTFALLS = {"no shortfall, no error": None, "no shortfall": (0.0, 0.0), "50 Elo": (50.0, 50.0), "50 Elo, on the incline 170 more": (50.0, 220.0)}
CLIMB = (-1200.0, -150.0)


def changepoint(coefficients: np.ndarray, log10_flop: np.ndarray, board_size: np.ndarray) -> np.ndarray:
    """Elo of the published form: an incline, not below a plateau, not above perfect play.

    Parameters
    ----------
    coefficients : ndarray, shape (5,)
        In the order of `COEFFICIENTS`: Elo, Elo a decade or Elo a step of board size.
    """
    incline = coefficients[0] * log10_flop + coefficients[1] * board_size + coefficients[2]
    return np.minimum(np.maximum(incline, coefficients[3] * board_size + coefficients[4]), 0.0)


@dataclass(frozen=True)
class Runs:
    """Runs with the weights that interpolate each onto its board's grid.

    Attributes
    ----------
    board_size, run, log10_flop, elo : ndarray, shape (snapshots,)
    blocks : list of (rows, grid, weight)
        By board: rows of its snapshots, shape (s,); grid of log10 compute, shape (GRID,); weight of each snapshot in each run's interpolation, shape (runs, GRID, s), NaN outside the run.
    """

    board_size: np.ndarray
    run: np.ndarray
    log10_flop: np.ndarray
    elo: np.ndarray
    blocks: list[tuple[np.ndarray, np.ndarray, np.ndarray]]


def prepare(rows: pd.DataFrame) -> Runs:
    """Runs of the table hex_runs."""
    rows = rows.sort_values(["board_size", "run", "log10_train_flop"]).reset_index(drop=True)
    blocks = []
    for _, board in rows.groupby("board_size"):
        grid = np.linspace(board["log10_train_flop"].min(), board["log10_train_flop"].max(), GRID)
        weight = np.full((board["run"].nunique(), GRID, len(board)), np.nan)
        for place, (_, one) in enumerate(board.groupby("run")):
            x, columns = one["log10_train_flop"].to_numpy(), one.index.to_numpy() - board.index[0]
            inside = (grid >= x[0]) & (grid <= x[-1])
            weight[place, inside] = 0.0
            weight[place][np.ix_(inside, columns)] = np.column_stack([np.interp(grid[inside], x, unit) for unit in np.eye(len(x))])
        blocks.append((board.index.to_numpy(), grid, weight))
    return Runs(*(rows[name].to_numpy() for name in ("board_size", "run", "log10_train_flop", "elo")), blocks)


def running_best(runs: Runs, elo: np.ndarray, rng: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best run at each point of each board's grid, as published: straight lines between snapshots, then the maximum.

    Parameters
    ----------
    elo : ndarray, shape (snapshots,)
    rng : numpy Generator, optional
        Draws the runs of each board anew, with replacement.

    Returns
    -------
    log10_flop, board_size, elo : ndarray, shape (points,)
        Points that no run covers are left out.
    """
    x, board, best = [], [], []
    for rows, grid, weight in runs.blocks:
        value = weight @ elo[rows]
        if rng is not None:
            value = value[rng.integers(len(value), size=len(value))]
        covered = ~np.isnan(value).all(axis=0)
        x.append(grid[covered])
        board.append(np.full(covered.sum(), float(runs.board_size[rows[0]])))
        best.append(np.nanmax(value[:, covered], axis=0))
    return np.concatenate(x), np.concatenate(board), np.concatenate(best)


def least_squares(log10_flop: np.ndarray, board_size: np.ndarray, elo: np.ndarray, start: np.ndarray = START) -> np.ndarray:
    """Coefficients of `changepoint` by least squares, Jones's estimator; Gauss-Newton steps, halved until they help.

    Raises
    ------
    ValueError
        If fewer than six points are given.
    """
    if len(elo) < 6:
        raise ValueError(f"five coefficients need six points or more, got {len(elo)}")
    at, ones = np.array(start, dtype=float), np.ones_like(elo)
    loss = np.sum((elo - changepoint(at, log10_flop, board_size)) ** 2)
    for _ in range(200):
        incline = at[0] * log10_flop + at[1] * board_size + at[2]
        plateau = at[3] * board_size + at[4]
        below = np.maximum(incline, plateau) < 0
        on = (incline >= plateau) & below
        flat = ~on & below
        jacobian = np.column_stack([on * log10_flop, on * board_size, on * ones, flat * board_size, flat * ones])
        step = np.linalg.lstsq(jacobian, elo - changepoint(at, log10_flop, board_size), rcond=None)[0]
        length = 1.0
        while (new := np.sum((elo - changepoint(at + length * step, log10_flop, board_size)) ** 2)) >= loss and length > 1e-6:
            length /= 2
        if new >= loss * (1 - 1e-10):
            break
        at, loss = at + length * step, new
    return at


def wobble(runs: Runs) -> tuple[float, float]:
    """Measurement error on the 6 x 6 board, Elo, and its log slope a step of board size, from second differences along runs; robust, and too high where a run bends."""
    scale = []
    sizes = np.unique(runs.board_size)
    for size in sizes:
        parts = [np.diff(runs.elo[(runs.board_size == size) & (runs.run == run)], 2) for run in np.unique(runs.run[runs.board_size == size])]
        scale.append(np.median(np.abs(np.concatenate(parts))) / (stats.norm.ppf(0.75) * np.sqrt(6)))
    slope, level = np.polyfit(sizes - CENTRE_BOARD, np.log(scale), 1)
    return float(np.exp(level)), float(slope)


def local_slopes(log10_flop: np.ndarray, board_size: np.ndarray, elo: np.ndarray, boards: tuple[int, ...] = (7, 8, 9)) -> dict[int, float]:
    """Elo a decade of the best runs of each board on its climb, between the bounds of `CLIMB`: no form, one board at a time."""
    climbing = (elo > CLIMB[0]) & (elo < CLIMB[1])
    return {board: float(np.polyfit(log10_flop[climbing & (board_size == board)], elo[climbing & (board_size == board)], 1)[0]) for board in boards}


def simulate_elo(truth: np.ndarray, runs: Runs, shortfall: tuple[float, float], measured: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Elo of every snapshot if runs fall short of a known frontier and are measured with error.

    Parameters
    ----------
    truth : ndarray, shape (5,)
        Coefficients of `changepoint`, which is the frontier, corners and all.
    shortfall : (float, float)
        Mean Elo by which a snapshot falls short on the flat parts and on the incline; exponential, independent between decades of compute and common within one, since neighbours repeat each other.
    measured : (float, float)
        Measurement error on the 6 x 6 board, Elo, and its log slope a step of board size; see `wobble`.

    Returns
    -------
    ndarray, shape (snapshots,)
        At most 0, as the published ratings.
    """
    size = runs.board_size.astype(float)
    frontier = changepoint(truth, runs.log10_flop, size)
    rising = (frontier < 0) & (frontier > truth[3] * size + truth[4])
    _, group = np.unique(np.column_stack([runs.board_size, runs.run, np.floor(runs.log10_flop)]), axis=0, return_inverse=True)
    below = rng.exponential(size=group.max() + 1)[group] * np.where(rising, shortfall[1], shortfall[0])
    noise = measured[0] * np.exp(measured[1] * (size - CENTRE_BOARD)) * rng.standard_normal(len(size))
    return np.minimum(frontier - below + noise, 0)


def selection_bias(truth: np.ndarray, runs: Runs, measured: tuple[float, float], repetitions: int = REPETITIONS, seed: int = 2021) -> pd.DataFrame:
    """What Jones's estimator returns when the truth is known, less the truth: mean over simulated studies and its Monte Carlo error.

    Returns
    -------
    DataFrame
        case, elo_per_decade, its error, height (6 x 6 board, half way up the incline), its error; Elo.
    """
    plateau = truth[3] * CENTRE_BOARD + truth[4]
    at = (np.array([(plateau / 2 - truth[1] * CENTRE_BOARD - truth[2]) / truth[0]]), np.array([CENTRE_BOARD]))
    table = []
    for case, shortfall in SHORTFALLS.items():
        rng = np.random.default_rng(seed)
        error = measured if shortfall is not None else (0.0, 0.0)
        fits = [least_squares(*running_best(runs, simulate_elo(truth, runs, shortfall or (0.0, 0.0), error, rng)), start=truth) for _ in range(repetitions if shortfall is not None else 2)]
        slope = np.array([fit[0] for fit in fits]) - truth[0]
        height = np.array([changepoint(fit, *at)[0] for fit in fits]) - plateau / 2
        table.append({"case": case} | {name + end: value for name, part in (("elo_per_decade", slope), ("height", height)) for end, value in (("", part.mean()), ("_error", part.std(ddof=1) / np.sqrt(len(part))))})
    return pd.DataFrame(table)


def resampled(runs: Runs, repetitions: int = 60, seed: int = 2104) -> np.ndarray:
    """Jones's coefficients when whole runs are drawn anew, shape (repetitions, 5): stability to the choice of runs.

    No confidence interval: drawing as many anew as there are is inconsistent for a maximum, which never exceeds the one observed (P. Bickel, D. Freedman, Annals of Statistics 9, 1981).
    """
    rng = np.random.default_rng(seed)
    return np.array([least_squares(*running_best(runs, runs.elo, rng)) for _ in range(repetitions)])


@dataclass(frozen=True)
class Study:
    """What the section shows; Elo.

    Attributes
    ----------
    replication : DataFrame
        coefficient, published, recomputed.
    by_runs : (float, float)
        Central 90 % of Elo a decade when runs are drawn anew; see `resampled`.
    root_mean_square : float
        Of the residuals of Jones's fit.
    slopes : dict of board size -> float
        See `local_slopes`.
    wobble : float
        Measurement error on the 9 x 9 board as single runs wobble.
    bias : DataFrame
        See `selection_bias`.
    points, frontier : DataFrame
        For the chart: board_size, log10_flop, and elo of the best runs or published_form.
    """

    replication: pd.DataFrame
    by_runs: tuple[float, float]
    root_mean_square: float
    slopes: dict[int, float]
    wobble: float
    bias: pd.DataFrame
    points: pd.DataFrame
    frontier: pd.DataFrame


def study() -> Study:
    """Refit the frontier as published, and what selection does to that fit."""
    runs = prepare(tables.load("hex_runs"))
    x, board, best = running_best(runs, runs.elo)
    fitted = least_squares(x, board, best)
    measured = wobble(runs)
    published = tables.load("hex_published_fit").set_index("quantity")["value"]
    low, high = np.quantile(resampled(runs)[:, 0], [0.05, 0.95])
    lines = []
    for size in np.unique(board):
        grid = np.linspace(x[board == size].min(), x[board == size].max(), 60)
        lines.append(pd.DataFrame({"board_size": size, "log10_flop": grid, "published_form": changepoint(fitted, grid, np.full(60, size))}))
    return Study(
        replication=pd.DataFrame({"coefficient": COEFFICIENTS, "published": published[list(COEFFICIENTS)].to_numpy(), "recomputed": fitted}),
        by_runs=(float(low), float(high)),
        root_mean_square=float(np.sqrt(np.mean((best - changepoint(fitted, x, board)) ** 2))),
        slopes=local_slopes(x, board, best),
        wobble=measured[0] * float(np.exp(measured[1] * (9 - CENTRE_BOARD))),
        bias=selection_bias(fitted, runs, measured),
        points=pd.DataFrame({"board_size": board, "log10_flop": x, "elo": best}).iloc[::4],
        frontier=pd.concat(lines, ignore_index=True),
    )

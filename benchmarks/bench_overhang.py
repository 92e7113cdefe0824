"""Deployment overhang: 100,000 draws of the copies model, waterfall and tornado included."""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.result import Result
from inference_scaling.overhang import copies

DRAWS = 100_000
REPEATS = 5


def posteriors(seed: int = 0) -> copies.Posteriors:
    """Stand-ins of the size of the chapter's own posteriors, so that the figure needs no fit."""
    rng = np.random.default_rng(seed)
    return copies.Posteriors(
        task_usd=np.exp(rng.normal(8.5, 1, 60_000)), low_task_usd=np.array([20.0, 26.0, 200.0]), today_usd=np.exp(rng.normal(-0.4, 0.3, 8_000)), stock=np.exp(rng.normal(14.4, 0.8, 20_000)),
        share=rng.uniform(0.1, 0.7, 20_000), rent=rng.uniform(2, 4, 20_000), margin=(1.8, 6.5),
    )


def results() -> Iterator[Result]:
    given = posteriors()
    seconds = []
    for seed in range(REPEATS):
        start = time.perf_counter()
        inputs = copies.draw_inputs(given, DRAWS, seed)
        copies.waterfall(inputs)
        copies.tornado(inputs)
        copies.older_usd_per_hour(inputs)
        seconds.append(time.perf_counter() - start)
    yield Result(f"{DRAWS:,} draws of the overhang model", float(np.median(seconds)), "s", ("at most", 1.0), f"median of {REPEATS} runs, one core")

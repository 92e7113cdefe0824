"""Self-play bootstrapping: 50 generations with 10,000 draws of every plan."""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.result import Result
from inference_scaling.bootstrapping import amplify

DRAWS, GENERATIONS, REPEATS = 10_000, 50, 5


def results() -> Iterator[Result]:
    rng = np.random.default_rng(0)
    given = amplify.Assumptions(
        uptake=rng.uniform(0.2, 1, DRAWS), room=rng.uniform(0.5, 4, DRAWS), per_decade=rng.uniform(0.3, 1.5, DRAWS), taught=rng.uniform(0, 1, DRAWS), training=rng.uniform(0.05, 0.5, DRAWS),
        budget=np.full(DRAWS, float(GENERATIONS)),
    )
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for plan in amplify.PLANS.values():
            amplify.simulate(given, plan, GENERATIONS)
        seconds.append(time.perf_counter() - start)
    yield Result(f"{GENERATIONS} generations of {len(amplify.PLANS)} plans, {DRAWS:,} draws", float(np.median(seconds)), "s", ("at most", 5.0), f"median of {REPEATS} runs, one core")

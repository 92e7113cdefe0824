"""Cost of the Bayesian pool: a million forecasts over 20,000 questions against 10,000 over 200, with as many resolved ones to learn from.

Each size runs in its own process, so that peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.result import Result

PER_QUESTION = 50
SIZES = (10_000, 100_000, 1_000_000)
SECONDS, MEMORY_MB = 60, 4_000


def peak_mb() -> float:
    """Peak resident memory of this process in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def simulated(forecasts: int, seed: int, prefix: str):
    """Forecasts with shared and own error, skill that differs by forecaster, and dates; shuffled, labels as text."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    questions, people = forecasts // PER_QUESTION, max(forecasts // 100, PER_QUESTION)
    outcome = rng.integers(0, 2, questions)
    known = (2 * outcome - 1) * 1.2 + rng.normal(0, 1.2, questions)
    question = np.repeat(np.arange(questions), PER_QUESTION)
    forecaster = (np.tile(np.arange(PER_QUESTION), questions) + rng.integers(0, people, questions)[question]) % people
    error = np.exp(np.random.default_rng(0).normal(0, 0.5, people))[forecaster]
    rows = pd.DataFrame(
        {
            "question": np.char.add(prefix, question.astype(str)),
            "forecaster": np.char.add("forecaster ", forecaster.astype(str)),
            "probability": np.round(1 / (1 + np.exp(-known[question] - error * rng.normal(0, 1.2, forecasts))), 2),
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 200, forecasts), unit="D"),
            "outcome": outcome[question],
        }
    )
    return rows.sample(frac=1, random_state=seed)


def run(forecasts: int) -> dict[str, float]:
    """Learn from `forecasts` resolved forecasts and pool as many others; seconds, memory, and the log score against the geometric mean of odds."""
    import numpy as np

    from inference_scaling import forecasts as package

    train, rows = simulated(forecasts, 1, "resolved "), simulated(forecasts, 2, "open ")
    outcome = rows.groupby("question")["outcome"].first()
    rows = rows.drop(columns="outcome")
    start = time.perf_counter()
    pooled = package.pool(rows, "bayes", train=train)
    seconds = time.perf_counter() - start
    simple = package.pool(rows, "geometric_odds")
    loss = {name: float(-np.log(np.abs(1 - outcome - p)).mean()) for name, p in (("bayes", pooled), ("geometric_odds", simple))}
    return {"seconds": seconds, "memory_mb": peak_mb(), **loss}


def results() -> Iterator[Result]:
    """Figures for `python -m benchmarks pools`."""
    rows = []
    for size in SIZES:
        process = subprocess.run([sys.executable, "-m", "benchmarks.bench_pools", str(size)], check=True, capture_output=True, text=True)
        row = json.loads(process.stdout.splitlines()[-1])
        rows.append(row)
        note = f"log loss {row['bayes']:.3f}, geometric mean of odds {row['geometric_odds']:.3f}"
        last = size == SIZES[-1]
        yield Result(f"bayes, {size:,} forecasts over {size // PER_QUESTION:,} questions", row["seconds"], "s", ("at most", SECONDS) if last else None, note)
        yield Result("  peak memory of the process", row["memory_mb"], "MB", ("at most", MEMORY_MB) if last else None, "with imports and the simulation of the data")
    for small, large in zip(rows, rows[1:]):
        yield Result("time, 10 times the forecasts", large["seconds"] / small["seconds"], "times")
    yield Result("time, 100 times the forecasts", rows[-1]["seconds"] / rows[0]["seconds"], "times", ("at most", SIZES[-1] / SIZES[0]))


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))

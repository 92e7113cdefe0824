"""Cost of the repeated-sampling model: 100,000 problems of 10,000 attempts against 1,000, and the estimator on millions of attempts.

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

ALPHA, BETA = 0.25, 8.0
ATTEMPTS = 10_000
SIZES = (1_000, 10_000, 100_000)


def peak_mb() -> float:
    """Peak resident memory of this process in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def fit(problems: int) -> dict[str, float]:
    """Simulate, collapse and fit one model with this many problems; seconds of each step, memory, and how well alpha came back."""
    import numpy as np

    from inference_scaling import sampling
    from inference_scaling.difficulty import beta_binomial, counts

    idle = peak_mb()
    rng = np.random.default_rng(1)
    successes = rng.binomial(ATTEMPTS, rng.beta(ALPHA, BETA, problems))
    start = time.perf_counter()
    data = counts(np.full(problems, "mathematics"), np.full(problems, "simulated"), np.full(problems, ATTEMPTS), successes)
    collapsed = time.perf_counter()
    compiled = sampling.Compiled(beta_binomial(data))
    built = time.perf_counter()
    # With a single model the spread between models is left to its prior, which needs small steps.
    tree = compiled.fit(draws=1000, tune=1000, target_accept=0.99)
    done = time.perf_counter()
    alpha = sampling.draws(tree, "alpha")[:, 0]
    return {
        "problems": problems,
        "cells": len(data.n),
        "collapse_s": collapsed - start,
        "compile_s": built - collapsed,
        "sample_s": done - built,
        "memory_mb": peak_mb() - idle,
        "alpha": float(alpha.mean()),
        "alpha_sd": float(alpha.std()),
    }


def estimator(problems: int = 100_000, ks: int = 101) -> dict[str, float]:
    """Unbiased pass@k for problems of 3.7 million attempts, against the running product that is usual."""
    import numpy as np

    from inference_scaling.passk import pass_at_k

    rng = np.random.default_rng(1)
    n, s = np.full(problems, 3_700_000), rng.integers(0, 2_000, problems)
    grid = np.unique(np.geomspace(1, 100_000, ks).astype(int))
    start = time.perf_counter()
    for k in grid:
        pass_at_k(n, s, k)
    vectorised = time.perf_counter() - start
    few, k = 200, 100_000
    start = time.perf_counter()
    product = [1 - np.prod(1 - k / np.arange(a - b + 1, a + 1)) for a, b in zip(n[:few], s[:few])]
    usual = (time.perf_counter() - start) / few
    difference = np.abs(np.array(product) - pass_at_k(n[:few], s[:few], k)).max()
    return {
        "values": problems * len(grid),
        "ns_per_value": 1e9 * vectorised / (problems * len(grid)),
        "times_faster_than_product": usual / (vectorised / (problems * len(grid))),
        "largest_difference": float(difference),
    }


def results() -> Iterator[Result]:
    """Figures for `python -m benchmarks coverage`."""
    rows = []
    for size in SIZES:
        run = subprocess.run([sys.executable, "-m", "benchmarks.bench_coverage", str(size)], check=True, capture_output=True, text=True)
        row = json.loads(run.stdout.splitlines()[-1])
        rows.append(row)
        back = f"{row['cells']:,} unlike counts, compile {row['compile_s']:.1f} s, alpha {row['alpha']:.4f} ± {row['alpha_sd']:.4f} (truth {ALPHA})"
        yield Result(f"sampling, {size:,} problems x {ATTEMPTS:,} attempts", row["collapse_s"] + row["sample_s"], "s", note=back)
        yield Result("  memory beyond the imports", row["memory_mb"], "MB")
    yield Result(f"sampling time, {SIZES[-1] // SIZES[0]} times the problems", rows[-1]["sample_s"] / rows[0]["sample_s"], "times", ("at most", SIZES[-1] / SIZES[0]))
    found = estimator()
    note = f"{found['ns_per_value']:.0f} ns a value, largest difference {found['largest_difference']:.0e}"
    yield Result("pass@k of 3.7 million attempts against the running product", found["times_faster_than_product"], "times faster", note=note)


if __name__ == "__main__":
    print(json.dumps(fit(int(sys.argv[1]))))

"""Chinchilla table: full posterior against the published way, a bootstrap of 4,000 BFGS fits."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cold import run
from benchmarks.result import Result

FITS = 4000
TIMED_FITS = 400

POSTERIOR = """
import json, time
from inference_scaling import chinchilla, sampling, tables
runs = chinchilla.published_runs(tables.load("chinchilla_points"))
start = time.perf_counter()
tree = chinchilla.posterior(runs)
seconds = time.perf_counter() - start
import numpy as np
medians = {name: float(np.median(sampling.draws(tree, name))) for name in chinchilla.PARAMETERS}
print(json.dumps({"seconds": seconds, "medians": medians, "ess": sampling.diagnostics(tree)["min_ess_bulk"]}))
"""

BOOTSTRAP = """
import json, sys, time
import joblib, numpy as np
from inference_scaling import chinchilla, tables
runs = chinchilla.published_runs(tables.load("chinchilla_points"))
cores = joblib.cpu_count()
fits = int(sys.argv[1]) // cores
with joblib.Parallel(n_jobs=cores) as pool:
    pool(joblib.delayed(chinchilla.bootstrap)(runs, 1, seed) for seed in range(cores))
    start = time.perf_counter()
    parts = pool(joblib.delayed(chinchilla.bootstrap)(runs, fits, seed) for seed in range(cores))
    seconds = time.perf_counter() - start
found = np.concatenate(parts)
errors = dict(zip(chinchilla.PARAMETERS, (np.quantile(found, 0.84, axis=0) - np.quantile(found, 0.16, axis=0)) / 2))
print(json.dumps({"seconds": seconds, "fits": len(found), "errors": errors, "point": chinchilla.published_fit(runs)}))
"""


def results() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        cold = run(POSTERIOR, caches=Path(folder, "a"))
        for file in Path(folder, "a", "posteriors").iterdir():
            file.unlink()
        warm = run(POSTERIOR, caches=Path(folder, "a"))
        boot = run(BOOTSTRAP, str(TIMED_FITS), caches=Path(folder, "b"))
    seconds = boot["seconds"] * FITS / boot["fits"]
    yield Result("posterior, cold", cold["seconds"], "s", note=f"smallest bulk ESS {cold['ess']:.0f}")
    yield Result("posterior, warm compile cache", warm["seconds"], "s")
    yield Result(f"bootstrap of {FITS} BFGS fits", seconds, "s", note=f"all cores, exact gradients; {boot['fits']} fits, scaled")
    yield Result("bootstrap / posterior, cold", seconds / cold["seconds"], "times", ("at least", 10))
    for name, median in cold["medians"].items():
        off = abs(median - boot["point"][name]) / boot["errors"][name]
        note = f"{median:.4g} against {boot['point'][name]:.4g}"
        yield Result(f"{name}: posterior median off the published estimate", off, "bootstrap s.e.", ("at most", 0.5), note)

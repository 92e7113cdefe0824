"""Every fit of the chapter against `pm.sample` with its defaults, refits, and reading from the store."""

import importlib
import inspect
import pkgutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle

import inference_scaling
from benchmarks.cold import run
from benchmarks.result import Result
from inference_scaling import sampling
from inference_scaling.graph_key import describe

OURS = """
import json, sys, time
import inference_scaling
from inference_scaling import sampling
import cloudpickle
calls = cloudpickle.load(open(sys.argv[1], "rb"))
start = time.perf_counter()
trees = {}
for settings, models in calls:
    trees |= sampling.fit_all(models, **settings)
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "fits": len(trees), "models": {n: sampling.diagnostics(t) for n, t in trees.items()}}))
"""

THEIRS = """
import json, logging, sys, time
import cloudpickle, numpy as np, pymc as pm, pytensor
logging.disable(logging.WARNING)
models = cloudpickle.load(open(sys.argv[1], "rb"))
pytensor.config.numba__fastmath = True  # PyTensor's default, which this package changes
found = {}
for name, model in models.items():
    start = time.perf_counter()
    with model:
        tree = pm.sample(progressbar=False, random_seed=1)
    found[name] = {"seconds": time.perf_counter() - start}
    free = [tree["posterior"][v.name].values for v in model.free_RVs]
    found[name]["flat"] = np.concatenate([a.reshape(*a.shape[:2], -1) for a in free], axis=2)
from inference_scaling.diagnostics import convergence
for one in found.values():
    one["min_ess_bulk"] = float(np.nanmin(convergence(one.pop("flat"))[1]))
print(json.dumps(found))
"""

REFIT = """
import json, logging, sys, time
import inference_scaling
import cloudpickle, numpy as np, pymc as pm
from inference_scaling import sampling
logging.disable(logging.WARNING)
settings, models = cloudpickle.load(open(sys.argv[1], "rb"))
settings |= {"draws": 1000, "tune": 1000}  # as many as pm.sample takes
(first, model), (_, other) = models.items()
compiled = sampling.Compiled(model)
data = {v.name: v.get_value() for v in other.data_vars}
coords = {name: given for name, given in other.coords.items() if given is not None}
compiled.fit(data, coords=coords, **settings)
start = time.perf_counter()
for _ in range(5):
    compiled.fit(data, coords=coords, **settings)
refit = (time.perf_counter() - start) / 5
with other:
    pm.sample(progressbar=False, random_seed=1)
start = time.perf_counter()
with other:
    pm.sample(progressbar=False, random_seed=1)
print(json.dumps({"refit": refit, "fresh": time.perf_counter() - start}))
"""

STORED = """
import json, sys, time
import inference_scaling
from inference_scaling import sampling
import cloudpickle
import numba.core.event as events
from pytensor.compile.executor import Function
calls = cloudpickle.load(open(sys.argv[1], "rb"))
made, make = [], Function.__init__
Function.__init__ = lambda self, *a, **k: (made.append(1), make(self, *a, **k))[1]
with events.install_recorder("numba:compile") as recorder:
    start = time.perf_counter()
    count = sum(len(sampling.fit_all(models, **settings)) for settings, models in calls)
    seconds = time.perf_counter() - start
compiled = len(made) + sum(event.is_start for _, event in recorder.buffer)
print(json.dumps({"seconds": seconds, "fits": count, "compiled": compiled}))
"""


def chapter_calls() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What the studies of the sections pass to `sampling.fit_all`: settings and models, call by call."""
    calls = []
    fit_all = sampling.fit_all

    def recording(models, **settings):
        calls.append((settings, dict(models)))
        return fit_all(models, **settings)

    sampling.fit_all = recording
    try:
        for found in pkgutil.iter_modules(inference_scaling.__path__):
            study = getattr(importlib.import_module(f"inference_scaling.{found.name}"), "study", None)
            if study is not None and not _required(study):
                study()
    finally:
        sampling.fit_all = fit_all
    return calls


def _required(function: Any) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.default is parameter.empty]


def by_structure(calls: list) -> list[dict[str, Any]]:
    """All models of the calls, those of one structure together."""
    groups: dict[str, dict[str, Any]] = {}
    for _, models in calls:
        for name, model in models.items():
            groups.setdefault(describe(model).structure, {})[name] = model
    return list(groups.values())


def twins(calls: list) -> tuple:
    """Two models of one structure that differ in their data, for the refit."""
    for settings, models in calls:
        seen: dict[str, tuple] = {}
        for name, model in models.items():
            description = describe(model)
            before = seen.setdefault(description.structure, (name, model, description.data))
            if before[2] != description.data:
                return settings, {before[0]: before[1], name: model}
    raise ValueError("no two fits of the chapter share a structure")


def results() -> Iterator[Result]:
    yield from measured(chapter_calls())


def measured(calls: list) -> Iterator[Result]:
    """Figures for these calls of `sampling.fit_all`."""
    groups = by_structure(calls)
    # One after the other, each model of a structure after its first costs much the same: time two.
    timed = {name: group[name] for group in groups for name in (list(group)[0], list(group)[-1])}
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for name, content in {"calls": calls, "timed": timed, "twins": twins(calls)}.items():
            files[name] = str(Path(folder, name))
            Path(files[name]).write_bytes(cloudpickle.dumps(content))
        ours = run(OURS, files["calls"], caches=Path(folder, "ours"))
        theirs = run(THEIRS, files["timed"], caches=Path(folder, "theirs"))
        refit = run(REFIT, files["twins"], caches=Path(folder, "ours"))
        stored = run(STORED, files["calls"], caches=Path(folder, "ours"))
    in_turn = 0.0
    for group in groups:
        first, last = theirs[list(group)[0]]["seconds"], theirs[list(group)[-1]]["seconds"]
        in_turn += first + (len(group) - 1) * last
    yield Result("every fit of the chapter through fit_all, cold", ours["seconds"], "s", note=f"{ours['fits']} fits, {len(groups)} graphs")
    yield Result("the same with pm.sample in turn, cold", in_turn, "s", note=f"{len(timed)} measured, the others of a graph taken as its last")
    yield Result("fit_all / pm.sample", ours["seconds"] / in_turn, "", ("at most", 0.6))
    for group in groups:
        name = list(group)[0]
        found, other = ours["models"][name], theirs[name]
        note = f"{found['seconds']:.1f} s; pm.sample {other['min_ess_bulk'] / other['seconds']:.3g} in {other['seconds']:.1f} s"
        yield Result(f"smallest bulk ESS per second of {name}", found["min_ess_bulk"] / found["seconds"], "", note=note)
    yield Result("pm.sample / refit of a compiled model", refit["fresh"] / refit["refit"], "times", ("at least", 10), f"{refit['refit']:.2f} s a refit")
    yield Result("reading all from the store", stored["seconds"], "s", note=f"{stored['fits']} posteriors")
    yield Result("functions compiled while reading", stored["compiled"], "", ("at most", 0))

"""Fit models, keep their posteriors.

`fit` and its relatives are the only place that samples: nutpie's NUTS, seeded, with posteriors
refused on bad diagnostics and stored under a key of the model's graph, its data, the settings and
the versions of the libraries. A stored posterior is read without compiling anything.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import pymc as pm
import xarray as xr

from inference_scaling import store, workers
from inference_scaling.diagnostics import DiagnosticsError, Loo, diagnostics, loo
from inference_scaling.graph_key import GraphKeyError, describe, digest
from inference_scaling.model_sampler import FitError, Settings, resized
from inference_scaling.progress import report
from inference_scaling.store import StoreError
from inference_scaling.workers import Task

__all__ = [
    "Compiled",
    "DiagnosticsError",
    "FitError",
    "GraphKeyError",
    "Loo",
    "StoreError",
    "diagnostics",
    "draws",
    "fit",
    "fit_all",
    "loo",
    "prior",
]


def fit(model: pm.Model, *, name: str | None = None, **settings: Any) -> xr.DataTree:
    """Posterior of a model, from the store or else sampled.

    Parameters
    ----------
    model : pm.Model
    name : str, optional
        For messages; else the model's own name.
    **settings
        draws, tune (kept and tuning iterations of each chain, 1000 each), chains (4), seed,
        target_accept (0.9), log_likelihood (True: store pointwise log-likelihoods too).

    Returns
    -------
    xarray.DataTree
        Groups posterior, sample_stats, log_likelihood, observed_data, constant_data.

    Raises
    ------
    DiagnosticsError
        If the posterior was not sampled well; names parameters, values, limits, remedies.
    FitError
        If no posterior could be sampled.
    GraphKeyError
        If the model wraps Python code that its key cannot see.
    StoreError
        If the store cannot be written.
    """
    name = name or model.name or "model"
    return fit_all({name: model}, **settings)[name]


def fit_all(models: Mapping[str, pm.Model], **settings: Any) -> dict[str, xr.DataTree]:
    """Posteriors of several models, what is missing sampled side by side.

    Models of equal structure, which differ in the values or lengths of their `pm.Data` only, are
    compiled once.

    Parameters
    ----------
    models : mapping of str to pm.Model
    **settings
        As for `fit`, the same for all.

    Returns
    -------
    dict of str to xarray.DataTree

    Raises
    ------
    DiagnosticsError, FitError, GraphKeyError, StoreError
        As for `fit`, after all other models were fitted and stored; names the models at fault.
    """
    chosen = Settings(**settings)
    tasks = {name: _task(name, model, chosen) for name, model in models.items()}
    found = {name: store.read(task.key) for name, task in tasks.items()}
    missing = [tasks[name] for name, tree in found.items() if tree is None]
    counter = _Counter(len(models))
    for name, tree in found.items():
        if tree is not None:
            counter.finished("fit-stored", name, 0.0)
    if missing:
        store.check_writable()
        _sample_all(missing, counter)
        found |= {task.name: store.read(task.key) for task in missing}
    return found


class Compiled:
    """A model compiled once, to be fitted to many data sets: 0.2 s or less a fit.

    Parameters
    ----------
    model : pm.Model
        What varies between fits must be `pm.Data`.
    name : str, optional
        For messages.

    Raises
    ------
    FitError, GraphKeyError
        As for `fit`.
    """

    def __init__(self, model: pm.Model, name: str | None = None):
        self._name = name or model.name or "model"
        self._first = _task(self._name, model, Settings())
        self._sampler = workers.sampler(self._first)

    def fit(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        coords: Mapping[str, Sequence] | None = None,
        stored: bool = False,
        **settings: Any,
    ) -> xr.DataTree:
        """Posterior given these data.

        Parameters
        ----------
        data : mapping of str to array_like, optional
            New values of `pm.Data` containers, of the same rank and any length.
        coords : mapping of str to sequence, optional
            New coordinate values, needed for a dimension that has such values and changes length.
        stored : bool
            Whether to look in the store and to keep the posterior there.
        **settings
            As for `sampling.fit`.

        Returns
        -------
        xarray.DataTree
            The same draws that `sampling.fit` gives for a model built on these data.
        """
        chosen = Settings(**settings)
        description = resized(self._first.model, self._first.description, data or {}, coords or {})
        task = _keyed(replace(self._first, description=description, settings=chosen))
        if not stored:
            return workers.accepted(self._sampler, task, joblib.cpu_count())
        tree = store.read(task.key)
        if tree is None:
            store.check_writable()
            _sample_all([task], _Counter(1))
            tree = store.read(task.key)
        return tree


def draws(tree: xr.DataTree, name: str, flatten: bool = True) -> np.ndarray:
    """Draws of one variable.

    Parameters
    ----------
    tree : xarray.DataTree
    name : str
    flatten : bool
        Whether chains are put end to end.

    Returns
    -------
    ndarray
        Shape (chain * draw, ...), or (chain, draw, ...).

    Raises
    ------
    KeyError
        If there is no such variable; lists those that there are.
    """
    posterior = tree["posterior"]
    if name not in posterior.data_vars:
        known = ", ".join(posterior.data_vars)
        raise KeyError(f"no variable {name!r} in this posterior, which has {known}")
    values = posterior[name].transpose("chain", "draw", ...).values
    return values.reshape(-1, *values.shape[2:]) if flatten else values


def prior(
    model: pm.Model, names: Sequence[str], draws: int = 4000, seed: int = Settings.seed
) -> dict[str, np.ndarray]:
    """Draws from the prior, or of the data that the prior predicts.

    Parameters
    ----------
    model : pm.Model
    names : sequence of str
        Free, deterministic or observed variables.
    draws : int
    seed : int

    Returns
    -------
    dict of str to ndarray
        Each of shape (draws, ...).

    Raises
    ------
    FitError
        If the model has potentials, which prior draws would ignore, or lacks a variable.
    StoreError
        If the store cannot be written.
    """
    if model.potentials:
        terms = ", ".join(variable.name for variable in model.potentials)
        raise FitError(f"prior draws would ignore the potentials {terms}: write them as distributions")
    unknown = [name for name in names if name not in model.named_vars]
    if unknown:
        raise FitError(f"no variable {unknown[0]!r} in the model, which has {', '.join(model.named_vars)}")
    description = describe(model)
    key = digest("prior", description.structure, description.data, list(names), draws, seed, workers.environment())
    tree = store.read(key)
    if tree is None:
        store.check_writable()
        start = time.perf_counter()
        # The interpreter: a compiler would take longer than the draws.
        values = pm.draw([model[name] for name in names], draws, random_seed=seed, mode="FAST_COMPILE")
        arrays = {
            name: (("draw", *(f"{name}_dim_{axis}" for axis in range(value.ndim - 1))), value)
            for name, value in zip(names, values, strict=True)
        }
        tree = xr.DataTree.from_dict({"prior": xr.Dataset(arrays)})
        tree.attrs = {"seconds": time.perf_counter() - start}
        store.write(key, tree)
        tree = store.read(key)
    return {name: tree["prior"][name].values for name in names}


def _task(name: str, model: pm.Model, settings: Settings) -> Task:
    try:
        description = describe(model)
    except GraphKeyError as error:
        raise GraphKeyError(f"{name}: {error}") from error
    return _keyed(Task(name, "", settings, description, model))


def _keyed(task: Task) -> Task:
    description = task.description
    parts = (description.structure, description.data, task.settings.as_dict(), workers.environment())
    return replace(task, key=digest("posterior", *parts))


class _Counter:
    """How many of a batch are finished, for the progress messages of all lanes."""

    def __init__(self, of: int):
        self._of = of
        self._done = 0
        self._lock = threading.Lock()

    def started(self, name: str) -> None:
        report("fit-start", name, self._done, self._of, 0.0)

    def finished(self, event: str, name: str, seconds: float) -> None:
        with self._lock:
            self._done += 1
            report(event, name, self._done, self._of, seconds)


@dataclass
class _Groups:
    """Tasks by structure, the largest graph first, handed out to the lanes."""

    tasks: list[Task]

    def __post_init__(self) -> None:
        groups: dict[str, list[Task]] = {}
        for task in {task.key: task for task in self.tasks}.values():
            groups.setdefault(task.description.structure, []).append(task)
        self.waiting = sorted(groups.values(), key=lambda group: group[0].description.size)
        self._lock = threading.Lock()

    def next(self) -> list[Task] | None:
        with self._lock:
            return self.waiting.pop() if self.waiting else None

    def drop(self) -> None:
        with self._lock:
            self.waiting.clear()


def _sample_all(tasks: Sequence[Task], counter: _Counter) -> None:
    """Sample in this process and, for more than one structure, in workers beside it."""
    groups = _Groups(list(tasks))
    # Each lane may use all cores: compiling takes one, and the last lane at work shall have them all.
    cpus = joblib.cpu_count()
    lanes = max(1, min(cpus, len(groups.waiting)))
    errors: list[Exception] = []

    def work(run: workers.Run) -> None:
        while (group := groups.next()) is not None:
            for task in group:
                start = time.perf_counter()
                counter.started(task.name)
                try:
                    with store.lock(task.key):
                        if not store.path(task.key).is_file():
                            run(task, cpus)
                    counter.finished("fit-done", task.name, time.perf_counter() - start)
                except Exception as error:  # the other models shall still be fitted
                    errors.append(error)

    beside = [workers.remote(lane) for lane in range(lanes - 1)]
    with ThreadPoolExecutor(max(1, lanes - 1)) as threads:
        waiting = [threads.submit(work, run) for run in beside]
        try:
            work(workers.local)
            for future in waiting:
                future.result()
        except BaseException:
            groups.drop()
            workers.kill()
            raise
    expected = (DiagnosticsError, FitError, StoreError)
    for error in errors:
        if len(errors) == 1 or not isinstance(error, expected):
            raise error
    if errors:
        raise type(errors[0])("\n".join(dict.fromkeys(map(str, errors)))) from errors[0]

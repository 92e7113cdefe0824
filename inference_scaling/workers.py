"""Sampling in this process or in worker processes beside it.

A worker keeps its compiled models, so the tasks of one structure go to one worker in turn.
"""

import os
import platform
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cloudpickle
import llvmlite
import numba
import numpy as np
import nutpie
import pymc as pm
import pytensor
import scipy
import xarray as xr
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from inference_scaling import store
from inference_scaling.density import UnsupportedModelError
from inference_scaling.diagnostics import check
from inference_scaling.graph_key import Description
from inference_scaling.model_sampler import FitError, ModelSampler, Settings

_FORMAT = 1
_KEPT = 8
_IDLE_SECONDS = 120
_samplers: OrderedDict[str, ModelSampler] = OrderedDict()
_executors: dict[int, ProcessPoolExecutor] = {}

Run = Callable[["Task", int], None]


@dataclass(frozen=True)
class Task:
    """One posterior to be sampled.

    Attributes
    ----------
    name : str
        For messages.
    key : str
        Of the store.
    settings : Settings
    description : Description
        Structure, data and coordinates.
    model : pm.Model
    """

    name: str
    key: str
    settings: Settings
    description: Description
    model: pm.Model


def environment() -> dict[str, Any]:
    """Versions and flags that decide which draws a seed gives; part of every key."""
    libraries = (pm, pytensor, nutpie, numba, llvmlite, np, scipy)
    flags = ("floatX", "mode", "linker", "optimizer", "optimizer_excluding", "numba__fastmath", "cast_policy")
    return {
        "format": _FORMAT,
        "python": platform.python_version(),
        "machine": f"{sys.platform} {platform.machine()}",
        **{library.__name__: library.__version__ for library in libraries},
        **{flag: str(getattr(pytensor.config, flag)) for flag in flags},
    }


def sampler(task: Task) -> ModelSampler:
    """Compiled model of the task's structure, of this process's last few."""
    structure = task.description.structure
    if structure not in _samplers:
        try:
            _samplers[structure] = ModelSampler(task.model, task.description)
        except UnsupportedModelError as error:
            raise FitError(f"{task.name}: {error}") from error
        while len(_samplers) > _KEPT:
            _samplers.popitem(last=False)
    _samplers.move_to_end(structure)
    return _samplers[structure]


def accepted(compiled: ModelSampler, task: Task, cores: int) -> xr.DataTree:
    """Sample, and pass on what the diagnostics accept."""
    start = time.perf_counter()
    tree = compiled.sample(task.name, task.settings, task.description, cores)
    check(tree, task.name)
    tree.attrs |= {"name": task.name, "seconds": time.perf_counter() - start}
    return tree


def local(task: Task, cores: int) -> None:
    """Sample in this process, and store."""
    start = time.perf_counter()
    tree = accepted(sampler(task), task, cores)
    tree.attrs["seconds"] = time.perf_counter() - start
    store.write(task.key, tree)


def remote(lane: int) -> Run:
    """Function that samples in the worker of this number, and waits for it."""

    def run(task: Task, cores: int) -> None:
        if lane not in _executors:
            _executors[lane] = ProcessPoolExecutor(max_workers=1, timeout=_IDLE_SECONDS)
        try:
            _executors[lane].submit(_in_worker, str(store.folder()), cloudpickle.dumps(task), cores).result()
        except TerminatedWorkerError as error:
            _kill(lane)
            raise FitError(
                f"the process that fitted {task.name} died, most often for lack of memory: fit it "
                "with fewer draws or with log_likelihood=False; what was fitted before is kept"
            ) from error

    return run


def kill() -> None:
    """End all workers at once."""
    for lane in list(_executors):
        _kill(lane)


def _kill(lane: int) -> None:
    _executors.pop(lane).shutdown(wait=False, kill_workers=True)


def _in_worker(folder: str, task: bytes, cores: int) -> None:
    os.environ[store.VARIABLE] = folder
    local(cloudpickle.loads(task), cores)

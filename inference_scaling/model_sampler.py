"""A model compiled once, to be fitted to any data of the same structure.

The sampler is nutpie (NUTS of nuts-rs). Only the log-density and its gradient are compiled by
numba; deterministic variables and pointwise log-likelihoods are evaluated afterwards for all
draws at once, by PyTensor's interpreter on a vectorised graph, which needs no compiler.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import nutpie
import pymc as pm
import pytensor
import xarray as xr
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.replace import vectorize_graph
from pytensor.tensor import TensorType

from inference_scaling.density import POSITION, compile_density, with_data
from inference_scaling.graph_key import Description

INTERPRETED = Mode(linker="py", optimizer="fast_compile")
_CHUNK = 2_000_000
_STATISTICS = {
    "diverging": "diverging",
    "energy": "energy",
    "depth": "tree_depth",
    "n_steps": "n_steps",
    "step_size": "step_size",
    "mean_tree_accept": "acceptance_rate",
}


class FitError(RuntimeError):
    """A model that cannot be sampled at all."""


@dataclass(frozen=True)
class Settings:
    """Settings of the sampler; they are part of the key."""

    draws: int = 1000
    tune: int = 1000
    chains: int = 4
    seed: int = 20250114
    target_accept: float = 0.9
    log_likelihood: bool = True

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class ModelSampler:
    """A compiled model.

    Parameters
    ----------
    model : pm.Model
    description : Description
        Of this model.

    Raises
    ------
    UnsupportedModelError
        If NUTS cannot sample it.
    """

    def __init__(self, model: pm.Model, description: Description):
        self._model = model
        self._shared = {variable.name: variable for variable in description.shared}
        # Recording where each node was made takes longer than making it.
        with pytensor.config.change_flags(traceback__limit=0):
            self._density, self._shapes = compile_density(model)
            self._derive = _derived(model)
        self._lock = threading.Lock()

    def sample(
        self, name: str, settings: Settings, description: Description, cores: int
    ) -> xr.DataTree:
        """Draw from the posterior given the data of the description; no check, no store.

        Parameters
        ----------
        name : str
            For messages.
        settings : Settings
        description : Description
            Of a model of the same structure.
        cores : int
            Chains that run at a time; the draws do not depend on it.

        Returns
        -------
        xarray.DataTree

        Raises
        ------
        FitError
            If the sampler fails.
        """
        with self._lock, self._given(description.values):
            if self._density.initial_point_func(0).size != self._density.n_dim:
                raise FitError(f"{name}: these data change the number of parameters, compile a model of their own")
            raw = _run(name, with_data(self._density, description.values), settings, cores)
            variables = self._evaluate(raw["posterior"][POSITION].values, settings.log_likelihood)
            return self._tree(raw, variables, description, settings)

    @contextmanager
    def _given(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Set the model's containers: initial points and derived variables read them."""
        before = {name: variable.get_value() for name, variable in self._shared.items()}
        try:
            for name, variable in self._shared.items():
                variable.set_value(np.asarray(values[name], dtype=variable.type.dtype))
            yield
        finally:
            for name, variable in self._shared.items():
                variable.set_value(before[name])

    def _evaluate(self, unconstrained: np.ndarray, log_likelihood: bool) -> dict[str, dict]:
        model = self._model
        chains, draws, _ = unconstrained.shape
        flat = unconstrained.reshape(chains * draws, -1)
        inputs, start = [], 0
        for shape in self._shapes:
            size = math.prod(shape)
            inputs.append(flat[:, start : start + size].reshape(-1, *shape))
            start += size
        pieces, step = [], 100
        position = 0
        while position < len(flat):
            part = [array[position : position + step] for array in inputs]
            results = self._derive(*part)
            n = len(part[0])
            pieces.append([np.broadcast_to(r, (n, *r.shape[1:])) if r.ndim else np.full(n, r) for r in results])
            position += n
            widest = max(r[0].size for r in pieces[-1])
            step = max(100, _CHUNK // max(widest, 1))
        joined = [np.concatenate(parts).reshape(chains, draws, *parts[0].shape[1:]) for parts in zip(*pieces, strict=True)]
        names = [v.name for v in model.free_RVs + model.deterministics]
        observed = [v.name for v in model.observed_RVs]
        return {
            "posterior": dict(zip(names, joined[: len(names)], strict=True)),
            "log_likelihood": dict(zip(observed, joined[len(names) :], strict=True)) if log_likelihood else {},
        }

    def _tree(
        self,
        raw: xr.DataTree,
        variables: dict[str, dict],
        description: Description,
        settings: Settings,
    ) -> xr.DataTree:
        model = self._model
        coords = {name: _labels(given) for name, given in description.coords.items() if given is not None}
        observed, used = {}, set()
        for variable in model.observed_RVs:
            value = model.rvs_to_values[variable]
            used.add(value.name)
            observed[variable.name] = _constant(value)
        constant = {v.name: v.get_value() for v in model.data_vars if v.name not in used}
        groups = {
            "posterior": _dataset(variables["posterior"], model, coords, sampled=True),
            "log_likelihood": _dataset(variables["log_likelihood"], model, coords, sampled=True),
            "observed_data": _dataset(observed, model, coords, sampled=False),
            "constant_data": _dataset(constant, model, coords, sampled=False),
            "sample_stats": xr.Dataset(
                {new: raw["sample_stats"][old] for old, new in _STATISTICS.items()}
            ),
        }
        groups["sample_stats"].attrs = {}
        tree = xr.DataTree.from_dict({n: d for n, d in groups.items() if d.data_vars})
        tree.attrs = {"settings": settings.as_dict()}
        return tree


def _run(name: str, sampler: Any, settings: Settings, cores: int) -> xr.DataTree:
    try:
        running = nutpie.sample(
            sampler,
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            seed=settings.seed,
            target_accept=settings.target_accept,
            cores=cores,
            progress_bar=False,
            save_warmup=False,
            blocking=False,
        )
        try:
            return running.wait()
        except BaseException:  # an interrupted run must not pass for a short one
            running.cancel()
            raise
    except (RuntimeError, ValueError) as error:
        raise FitError(
            f"{name} cannot be sampled ({str(error).splitlines()[0]}): check that its data are finite "
            "and within the support of its likelihood at the initial point"
        ) from error


def _derived(model: pm.Model) -> Any:
    """Function from a stack of values of the free variables to all that is stored."""
    values = [model.rvs_to_values[variable] for variable in model.free_RVs]
    by_name = {variable.name: variable for variable in model.unobserved_value_vars}
    names = [variable.name for variable in model.free_RVs + model.deterministics]
    outputs = [by_name[name] for name in names]
    if model.observed_RVs:
        outputs += model.logp(vars=model.observed_RVs, sum=False, jacobian=False)
    stacks = [TensorType(v.type.dtype, (None, *v.type.shape))(v.name) for v in values]
    stacked = vectorize_graph(outputs, replace=dict(zip(values, stacks, strict=True)))
    function = pytensor.function(stacks, stacked, mode=INTERPRETED, on_unused_input="ignore")
    function.trust_input = True
    return function


def _constant(value: Variable) -> np.ndarray:
    if isinstance(value, Constant):
        return np.asarray(value.data)
    if isinstance(value, SharedVariable):
        return value.get_value()
    return np.asarray(value.eval(mode=INTERPRETED))


def _labels(given: Any) -> np.ndarray:
    labels = np.asarray(given)
    return labels.astype(str) if labels.dtype == object else labels


def _dataset(
    arrays: Mapping[str, np.ndarray], model: pm.Model, coords: Mapping[str, np.ndarray], sampled: bool
) -> xr.Dataset:
    lead = ("chain", "draw") if sampled else ()
    found = {}
    for name, array in arrays.items():
        array = np.asarray(array)
        dims = model.named_vars_to_dims.get(name) or (None,) * (array.ndim - len(lead))
        dims = tuple(dim or f"{name}_dim_{axis}" for axis, dim in enumerate(dims))
        found[name] = (lead + dims, array)
    present = {dim for dims, _ in found.values() for dim in dims}
    labels = {name: given for name, given in coords.items() if name in present}
    if sampled and found:
        shape = next(iter(found.values()))[1].shape
        labels |= {"chain": np.arange(shape[0]), "draw": np.arange(shape[1])}
    return xr.Dataset(found, coords=labels)


def resized(
    model: pm.Model,
    description: Description,
    data: Mapping[str, Any],
    coords: Mapping[str, Sequence],
) -> Description:
    """Description of the model with other data, lengths of dimensions following them.

    Raises
    ------
    ValueError
        If a container does not exist, or a labelled dimension changes length without new labels.
    """
    values, labels = dict(description.values), dict(description.coords)
    labels |= {name: tuple(given) for name, given in coords.items()}
    for name, given in data.items():
        if name not in values:
            raise ValueError(f"no data container {name!r} in the model, which has {', '.join(values)}")
        values[name] = np.asarray(given, dtype=values[name].dtype)
        for dim, length in zip(model.named_vars_to_dims.get(name, ()), values[name].shape, strict=False):
            if dim in values:
                values[dim] = np.asarray(length, dtype=values[dim].dtype)
            if labels.get(dim) is not None and len(labels[dim]) != length:
                raise ValueError(
                    f"data {name} have length {length} along {dim}, which has {len(labels[dim])} "
                    f"labels: pass coords={{{dim!r}: ...}} too"
                )
    return replace(description, values=values, coords=labels)

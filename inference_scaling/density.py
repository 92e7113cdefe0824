"""Log-density and gradient of a model as the C callback that nutpie calls.

nutpie can compile a PyMC model itself. Its wrapper around the compiled function is general and
costs several seconds a model, and it compiles the deterministic variables as well. Here the
wrapper is written out for the shapes at hand, and only the density is compiled, so that a model
costs about half the time without and a quarter with a warm compile cache. The sampler, its
settings and its callback interface (`CompiledPyMCModel`) are nutpie's own.
"""

import dataclasses
import math
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cache
from itertools import accumulate
from typing import Any

import numba
import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytensor.tensor as pt
from nutpie.compile_pymc import CompiledPyMCModel, address_as_void_pointer
from pymc.initial_point import make_initial_point_fn
from pytensor.graph.rewriting.utils import rewrite_graph

if pytensor.config.numba__fastmath:
    if "pytensor.link.numba.dispatch" in sys.modules:
        raise ImportError(
            "PyTensor has compiled with numba__fastmath already, with which a seed does not fix the "
            "draws: import inference_scaling before the first call of pm.sample"
        )
    # PyMC was imported before this package could set the flag in the environment.
    pytensor.config.numba__fastmath = False

POSITION = "position"
_STATUS = numba.types.int64
_WORD = numba.types.uint64


class UnsupportedModelError(TypeError):
    """A model that a gradient-based sampler cannot fit."""


def compile_density(model: pm.Model) -> tuple[CompiledPyMCModel, list[tuple[int, ...]]]:
    """Compile a model for `nutpie.sample`.

    Parameters
    ----------
    model : pm.Model

    Returns
    -------
    compiled : CompiledPyMCModel
        Its one variable, named by POSITION, is the unconstrained vector of all free variables.
    shapes : list of tuple of int
        Shape of each free variable on the unconstrained scale, in the order of the vector.

    Raises
    ------
    UnsupportedModelError
        If a free variable is discrete, or there is none.
    """
    values = [model.rvs_to_values[variable] for variable in model.free_RVs]
    if not values:
        raise UnsupportedModelError("the model has no free variable to sample")
    for value in values:
        if not value.type.dtype.startswith("float"):
            raise UnsupportedModelError(
                f"free variable {value.name} is discrete, which NUTS cannot sample: sum it out"
            )
    start = make_initial_point_fn(model=model, jitter_rvs=set(model.free_RVs))
    shapes = [np.shape(array) for array in start(0).values()]
    size = sum(math.prod(shape) for shape in shapes)
    function = _value_and_gradient(model, values)
    shared = function.get_shared()
    callback = _callback(function.vm.jit_fn, shapes, [variable.type for variable in shared])
    data = {variable.name: variable.get_value() for variable in shared}
    if None in data or len(data) < len(shared):
        raise UnsupportedModelError("two data containers share a name, or one has none")
    compiled = CompiledPyMCModel(
        dims={},
        _n_dim=size,
        _coords={"unconstrained_parameter": pd.RangeIndex(size)},
        _shapes={POSITION: (size,)},
        compiled_logp_func=callback,
        compiled_expand_func=_identity(),
        initial_point_func=_flat(start),
        shared_data={},
        shared_var_keys={variable: variable.name for variable in shared},
        user_data=np.zeros(0),
        n_expanded=size,
        shape_info=([POSITION], [slice(0, size)], [(size,)]),
        logp_func=function,
        expand_func=None,
    )
    return with_data(compiled, data), shapes


def with_data(compiled: CompiledPyMCModel, values: Mapping[str, Any]) -> CompiledPyMCModel:
    """Same density, given other data: arrays by container name, of any length."""
    data, words = {}, []
    for variable, name in compiled.shared_var_keys.items():
        array = np.array(values[name], dtype=variable.type.dtype, order="C", copy=True)
        if array.ndim != variable.type.ndim:
            raise ValueError(f"data {name} need {variable.type.ndim} axes, not {array.ndim}")
        data[name] = array
        words += [array.ctypes.data, *array.shape]
    return dataclasses.replace(
        compiled, shared_data=data, user_data=np.array(words or [0], dtype=np.uint64)
    )


def _value_and_gradient(model: pm.Model, values: list) -> Any:
    rewrites = ["canonicalize", "stabilize"]
    if not model.check_bounds:
        rewrites.append("local_remove_check_parameter")
    density = rewrite_graph(model.logp(), include=rewrites)
    gradient = pt.grad(density, values)
    with model:
        return pm.compile(values, [density, *gradient], mode="NUMBA")


def _flat(start: Callable[[Any], dict[str, np.ndarray]]) -> Callable[[Any], np.ndarray]:
    """Initial point as one vector; chains start in threads of their own."""
    lock = threading.Lock()

    def point(seed: Any) -> np.ndarray:
        with lock:
            return np.concatenate([np.ravel(array) for array in start(seed).values()]).astype(float)

    return point


def _callback(inner: Callable, shapes: list[tuple[int, ...]], shared: list) -> Any:
    """Compile `(dim, x, gradient, value, data) -> status`, all pointers as machine words."""
    sizes = [math.prod(shape) for shape in shapes]
    offsets = [0, *accumulate(sizes)]
    lines = ["def run(x, gradient, value, data):", f"words = carray(address(data), ({_words(shared)},), uint64)"]
    arguments = []
    for i, (shape, offset) in enumerate(zip(shapes, offsets[:-1], strict=True)):
        lines.append(f"v{i} = carray(address(x + uint64({8 * offset})), {shape}, float64)")
        arguments.append(f"v{i}")
    word = 0
    for i, kind in enumerate(shared):
        lengths = "".join(f"int64(words[{word + 1 + axis}]), " for axis in range(kind.ndim))
        lines.append(f"s{i} = carray(address(words[{word}]), ({lengths}), dtype_{kind.dtype})")
        arguments.append(f"s{i}")
        word += 1 + kind.ndim
    results = ", ".join(f"g{i}" for i in range(len(shapes)))
    lines.append(f"density, {results}, = inner({', '.join(arguments)})")
    lines.append("total = carray(address(value), (1,), float64)")
    lines.append("total[0] = density[()]")
    lines.append(f"out = carray(address(gradient), ({offsets[-1]},), float64)")
    for i, (shape, offset) in enumerate(zip(shapes, offsets[:-1], strict=True)):
        lines += _copied(f"g{i}", shape, offset)
    lines.append(f"for i in range({offsets[-1]}):")
    lines.append("    if not math.isfinite(out[i]):")
    lines.append("        return 3")
    lines.append("return 0 if math.isfinite(total[0]) else 4")
    scope = {
        "carray": numba.carray,
        "address": address_as_void_pointer,
        "inner": inner,
        "math": math,
        "uint64": _WORD,
        "int64": np.int64,
        "float64": np.float64,
        **{f"dtype_{kind.dtype}": np.dtype(kind.dtype).type for kind in shared},
    }
    exec("\n    ".join(lines), scope)
    run = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(scope["run"])

    def guarded(dim, x, gradient, value, data):
        try:
            return run(x, gradient, value, data)
        except Exception:
            return 1

    return numba.cfunc(_STATUS(_WORD, _WORD, _WORD, _WORD, _WORD))(guarded)


def _words(shared: list) -> int:
    return max(1, sum(1 + kind.ndim for kind in shared))


def _copied(name: str, shape: tuple[int, ...], offset: int) -> list[str]:
    """Statements that copy an array of known shape into the gradient."""
    indent, position, indices = "", str(offset), []
    lines = []
    for axis, length in enumerate(shape):
        lines.append(f"{indent}for i{axis} in range({length}):")
        indent += "    "
        position += f" + i{axis} * {math.prod(shape[axis + 1 :])}"
        indices.append(f"i{axis}")
    lines.append(f"{indent}out[{position}] = {name}[{', '.join(indices) or '()'}]")
    return lines


@cache
def _identity() -> Any:
    """Callback by which nutpie stores a draw: the unconstrained vector as it is."""

    @numba.cfunc(_STATUS(_WORD, _WORD, _WORD, _WORD, _WORD))
    def copy(dim, size, x, out, data):
        source = numba.carray(address_as_void_pointer(x), (size,), np.float64)
        target = numba.carray(address_as_void_pointer(out), (size,), np.float64)
        for i in range(size):
            target[i] = source[i]
        return 0

    return copy

"""Keys of PyMC models: a Merkle hash of the graph that a posterior depends on.

A key changes when anything changes that the draws or their labels depend on: a prior, a
constant, a datum, a name, a coordinate, a transform, an initial value, the order of the free
variables. It does not change with comments, docstrings, the path of the source or the process.

Every variable of the PyTensor graph is hashed from its inputs up (R. C. Merkle, "A digital
signature based on a conventional encryption function", CRYPTO 1987). `describe` splits the
result in two: the *structure*, in which a `pm.Data` container counts by name, type and rank
only, and the *data*, its values. Models of equal structure share one compiled sampler.
"""

import enum
import hashlib
import struct
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pymc as pm
import pytensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.op import Op
from pytensor.graph.type import Type
from pytensor.scalar.basic import ScalarOp
from pytensor.tensor.random.type import RandomType

_LIBRARIES = sys.stdlib_module_names | {"pytensor", "pymc", "pymc_extras", "numpy", "scipy"}
_FUNCTIONS = (types.FunctionType, types.MethodType, types.LambdaType)


class GraphKeyError(TypeError):
    """A model holds something whose content no key can see, such as a Python function."""


@dataclass(frozen=True)
class Description:
    """What identifies a model.

    Attributes
    ----------
    structure : str
        Hexadecimal digest of everything except the values of `pm.Data`, lengths of dimensions
        and coordinates.
    shared : tuple of SharedVariable
        The `pm.Data` containers and lengths of dimensions, in the order of their names.
    values : dict of str to ndarray
        Their present values.
    coords : dict of str to tuple or None
        Coordinate values of the model's dimensions.
    size : int
        Number of variables in the graph, a measure of how long it takes to compile.
    """

    structure: str
    shared: tuple[SharedVariable, ...]
    values: dict[str, np.ndarray]
    coords: dict[str, tuple | None]
    size: int

    @cached_property
    def data(self) -> str:
        """Hexadecimal digest of the values and coordinates."""
        return digest(sorted(self.values.items()), sorted(self.coords.items()))


def digest(*parts: Any) -> str:
    """Hash plain values: numbers, strings, arrays, containers of them.

    Raises
    ------
    GraphKeyError
        If a part is neither plain data nor a name within a known library.
    """
    return _Hasher(frozenset()).value(parts).hex()


def describe(model: pm.Model) -> Description:
    """Describe a model for `sampling`.

    Parameters
    ----------
    model : pm.Model

    Raises
    ------
    GraphKeyError
        If an operator wraps Python code, which the key could not follow.
    """
    containers = {variable.name: variable for variable in model.data_vars}
    containers |= {
        length.name: length
        for length in model.dim_lengths.values()
        if isinstance(length, SharedVariable)
    }
    containers = dict(sorted(containers.items()))
    hasher = _Hasher(frozenset(containers.values()))
    free = [
        (
            variable.name,
            model.rvs_to_values[variable].name,
            hasher.variable(variable),
            type(model.rvs_to_transforms.get(variable)).__qualname__,
            model.rvs_to_initial_values.get(variable),
            _shape(variable, model),
        )
        for variable in model.free_RVs
    ]
    observed = [
        (variable.name, hasher.variable(variable), hasher.variable(model.rvs_to_values[variable]))
        for variable in model.observed_RVs
    ]
    derived = [
        (variable.name, hasher.variable(variable))
        for variable in model.deterministics
    ]
    potentials = [(variable.name, hasher.variable(variable)) for variable in model.potentials]
    # Recording where each node was made takes longer than making it.
    with pytensor.config.change_flags(traceback__limit=0):
        terms = model.logp(sum=False)
    logp = [hasher.variable(term) for term in terms]
    named_data = [(name, hasher.variable(variable)) for name, variable in containers.items()]
    structure = hasher.value(
        (free, observed, derived, potentials, logp, named_data)
        + (sorted(model.named_vars_to_dims.items()), sorted(model.coords), model.check_bounds)
    )
    return Description(
        structure=structure.hex(),
        shared=tuple(containers.values()),
        values={name: variable.get_value() for name, variable in containers.items()},
        coords=dict(model.coords),
        size=hasher.count,
    )


def _shape(variable: Variable, model: pm.Model) -> tuple[int, ...]:
    """Length of each axis, as the compiled sampler has to fix it."""
    shape = variable.type.shape
    if None not in shape:
        return shape
    dims = model.named_vars_to_dims.get(variable.name)
    if dims is not None and None not in dims:
        return tuple(_length(model.dim_lengths[name]) for name in dims)
    return tuple(int(n) for n in variable.shape.eval(mode=pytensor.compile.FAST_COMPILE))


def _length(length: Variable) -> int:
    if isinstance(length, SharedVariable):
        return int(length.get_value())
    return int(length.eval(mode=pytensor.compile.FAST_COMPILE))


def _is_library(thing: Any) -> bool:
    return (getattr(thing, "__module__", None) or "").partition(".")[0] in _LIBRARIES


@cache
def _foreign(kind: type) -> tuple[Any, ...]:
    """Classes and functions from outside the libraries that an operator's class brings along."""
    found = []
    for base in kind.__mro__:
        if not _is_library(base):
            found.append(base)
        for thing in vars(base).values():
            thing = getattr(thing, "__func__", thing)
            if isinstance(thing, _FUNCTIONS) and not _is_library(thing):
                found.append(thing)
    return tuple(found)


class _Hasher:
    """Digests of variables, operators and plain values, each tagged by its kind."""

    def __init__(self, containers: frozenset[SharedVariable]):
        self._containers = containers
        self._known: dict[Variable, bytes] = {}

    @property
    def count(self) -> int:
        return len(self._known)

    @staticmethod
    def _join(*parts: bytes) -> bytes:
        state = hashlib.blake2b(digest_size=20)
        for part in parts:
            state.update(struct.pack("<Q", len(part)))
            state.update(part)
        return state.digest()

    def variable(self, variable: Variable) -> bytes:
        """Digest of a variable and all its ancestors, without recursion."""
        stack = [variable]
        while stack:
            top = stack[-1]
            if top in self._known:
                stack.pop()
                continue
            pending = [v for v in top.owner.inputs if v not in self._known] if top.owner else []
            if pending:
                stack.extend(pending)
                continue
            self._known[top] = self._one(top)
            stack.pop()
        return self._known[variable]

    def _one(self, variable: Variable) -> bytes:
        if isinstance(variable.type, RandomType) and variable.owner is None:
            return self._join(b"generator")
        if variable.owner is not None:
            node = variable.owner
            return self._join(
                b"node",
                self._operator(node.op, node),
                struct.pack("<q", node.outputs.index(variable)),
                *[self._known[v] for v in node.inputs],
                *[self.value(v.type) for v in node.outputs],
            )
        kind = self.value(variable.type)
        if isinstance(variable, Constant):
            return self._join(b"constant", kind, self.value(variable.data))
        if variable in self._containers:
            return self._join(b"container", kind, self.value(variable.name))
        if isinstance(variable, SharedVariable):
            return self._join(b"shared", kind, self.value(variable.get_value(borrow=True)))
        return self._join(b"root", kind, self.value(variable.name))

    def _operator(self, op: Op, node: Any = None) -> bytes:
        self._refuse_python(op)
        parts = [self.value(type(op).__module__), self.value(type(op).__qualname__)]
        inner = getattr(op, "fgraph", None)
        if inner is not None:
            parts.append(self._inner(inner))
        names = getattr(op, "__props__", None)
        if names is not None:
            parts.append(self.value([getattr(op, name) for name in names]))
        elif isinstance(op, ScalarOp):
            output = getattr(op, "output_types_preference", None)
            parts.append(self.value(getattr(output, "__qualname__", None)))
            parts.append(self.value(getattr(op, "o_type", None)))
        elif inner is None:
            parts.append(self.value(sorted(vars(op).items())))
        return self._join(b"operator", *parts)

    def _inner(self, graph: Any) -> bytes:
        """Digest of an inner graph, its inputs known by position only."""
        inside = _Hasher(self._containers)
        for position, variable in enumerate(graph.inputs):
            kind = b"" if isinstance(variable.type, RandomType) else self.value(variable.type)
            inside._known[variable] = self._join(b"input", struct.pack("<q", position), kind)
        return self._join(b"inner", *[inside.variable(variable) for variable in graph.outputs])

    def _refuse_python(self, op: Op) -> None:
        held = list(_foreign(type(op)))
        held += [thing for thing in vars(op).values() if isinstance(thing, _FUNCTIONS)]
        for thing in held:
            if not _is_library(thing):
                raise GraphKeyError(
                    f"operator {type(op).__name__} runs Python code ({thing.__qualname__} of module "
                    f"{thing.__module__}) that the key of the posterior cannot see: express it with "
                    "PyTensor operations, for example pm.CustomDist(..., dist=...)"
                )

    def value(self, item: Any) -> bytes:
        """Digest of plain data, a type, an operator or a variable."""
        join = self._join
        match item:
            case enum.Enum():
                return join(b"enum", type(item).__qualname__.encode(), item.name.encode())
            case np.generic():
                return join(b"scalar", item.dtype.str.encode(), item.tobytes())
            case None | bool() | int() | str():
                return join(type(item).__name__.encode(), str(item).encode())
            case float():
                return join(b"float", struct.pack("<d", item))
            case bytes():
                return join(b"bytes", item)
            case np.dtype():
                return join(b"dtype", item.str.encode())
            case np.ndarray() if item.dtype != object:
                content = np.ascontiguousarray(item)
                head = f"{item.dtype.str}{item.shape}".encode()
                return join(b"array", head, content.tobytes())
            case tuple() | list() | np.ndarray():
                return join(type(item).__name__.encode(), *[self.value(part) for part in item])
            case Mapping():
                return join(b"dict", *sorted(self.value(pair) for pair in item.items()))
            case set() | frozenset():
                return join(b"set", *sorted(self.value(part) for part in item))
            case slice():
                return join(b"slice", self.value((item.start, item.stop, item.step)))
            case Variable():
                return self.variable(item)
            case Op():
                return self._operator(item)
            case Type():
                fields = [getattr(item, name) for name in getattr(item, "__props__", ())]
                return join(b"type", type(item).__qualname__.encode(), self.value(fields))
            case type() | types.FunctionType() | types.BuiltinFunctionType() | np.ufunc():
                if _is_library(item) or isinstance(item, np.ufunc):
                    return join(b"name", str(item.__module__ or "numpy").encode(), item.__qualname__.encode())
        if hasattr(item, "isoformat"):
            return join(b"date", item.isoformat().encode())
        raise GraphKeyError(
            f"the model holds {type(item).__module__}.{type(item).__qualname__}, whose content "
            "the key of the posterior cannot see: pass plain numbers, strings or arrays"
        )

"""Roofline of a language model on accelerators: tokens per second from arithmetic, memory bandwidth, memory and the number of requests.

The rate of a computer is bounded by its arithmetic and by its memory traffic: S. Williams, A. Waterman, D. Patterson, "Roofline", Communications of the ACM 52 (2009).
Applied to language models, with the cost of the context and of the links between chips: R. Pope et al. 2022, arXiv:2211.05102.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

TERA, GIGA = 1e12, 1e9
LARGEST_BATCH = 4096


@dataclass(frozen=True)
class Shape:
    """Size of a dense transformer: parameters (in thousand millions), layers, elements of context kept for each token, width.

    Llama 3 keeps two vectors of 8 heads of 128 elements in each layer (A. Grattafiori et al. 2024, arXiv:2407.21783); Llama 2 70B the same as Llama 3 70B.
    """

    parameters: float
    layers: int
    context_elements: int
    width: int


SHAPES = {
    "Llama 3 8B": Shape(8.03, 32, 32 * 2048, 4096),
    "Llama 3 70B": Shape(70.6, 80, 80 * 2048, 8192),
    "Llama 3 405B": Shape(405.9, 126, 126 * 2048, 16384),
}
# Bytes a parameter; the 4-bit formats carry scales.
BYTES = {"F16": 2.0, "FP8": 1.0, "FP4": 0.56, "Q4_K_M": 0.61}


@dataclass(frozen=True)
class Efficiency:
    """What software gets out of a chip.

    Attributes
    ----------
    bandwidth : share of the memory bandwidth reached while writing.
    arithmetic : share of peak arithmetic reached while writing many answers at once.
    reading : share of peak arithmetic reached while reading prompts.
    layer_seconds : time of each layer in each step that no bandwidth or arithmetic explains: launches, and synchronising the chips.
    memory : share of the memory that weights and contexts may fill.
    """

    bandwidth: Any = 0.6
    arithmetic: Any = 0.35
    reading: Any = 0.5
    layer_seconds: Any = 3e-5
    memory: Any = 0.8

    def __post_init__(self) -> None:
        for name in ("bandwidth", "arithmetic", "reading", "memory"):
            _inside(name, getattr(self, name), 0, 1, "(0, 1]", open_low=True)
        _inside("layer_seconds", self.layer_seconds, 0, 1, "[0, 1] seconds")


@dataclass(frozen=True)
class Server:
    """Chips that serve one copy of a model together.

    Attributes
    ----------
    rate : peak arithmetic of one chip, TFLOP/s, at the precision used.
    bandwidth, memory : of one chip, GB/s and GB.
    chips : how many.
    """

    rate: Any
    bandwidth: Any
    memory: Any
    chips: Any = 8

    def __post_init__(self) -> None:
        for entry in fields(self):
            _inside(entry.name, getattr(self, entry.name), 0, np.inf, "above 0", open_low=True)


@dataclass(frozen=True)
class Work:
    """What is asked of a server.

    Attributes
    ----------
    model : key of SHAPES.
    weight_bytes, context_bytes : bytes a parameter, and an element of context.
    input_tokens, output_tokens : of each request.
    batch : requests at once; the memory may hold fewer.
    """

    model: str = "Llama 3 70B"
    weight_bytes: Any = 1.0
    context_bytes: Any = 1.0
    input_tokens: Any = 1000
    output_tokens: Any = 1000
    batch: Any = LARGEST_BATCH
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        if self.model not in SHAPES:
            raise ValueError(f"model must be one of {', '.join(SHAPES)}; got {self.model!r}")
        for name in ("weight_bytes", "context_bytes"):
            _inside(name, getattr(self, name), 0, 4, "(0, 4] bytes", open_low=True)
        _inside("input_tokens", self.input_tokens, 0, 1e7, "[0, 1e7]")
        _inside("output_tokens", self.output_tokens, 1, 1e7, "[1, 1e7]")
        _inside("batch", self.batch, 1, 1e6, "[1, 1e6]")
        object.__setattr__(self, "shape", SHAPES[self.model])


def _inside(name: str, value: Any, low: float, high: float, allowed: str, open_low: bool = False) -> None:
    array = np.asarray(value, dtype=float)
    bad = ~np.isfinite(array) | (array < low) | (array > high) | (open_low & (array <= low))
    if bad.any():
        raise ValueError(f"{name} must lie in {allowed}; got {array[bad].flat[0]:g}")


def step_parts(xp: Any, requests: Any, rate: Any, bandwidth: Any, weights: Any, context: Any, flop: Any, efficiency: Any, seconds: Any) -> tuple[Any, Any, Any]:
    """Seconds that one step of writing (one token for each request) spends on memory traffic, arithmetic and waiting.

    `xp` is numpy or pytensor.tensor, so that the calculator and the fitted model are one formula. All quantities are totals over the server: FLOP/s, byte/s, bytes
    of weights, bytes of context of one request, FLOP a token; `efficiency` has bandwidth and arithmetic, `seconds` is the waiting of all layers.
    """
    memory = (weights + requests * context) / (bandwidth * efficiency.bandwidth)
    arithmetic = requests * flop / (rate * efficiency.arithmetic)
    return memory, arithmetic, seconds


def combine(xp: Any, memory: Any, arithmetic: Any, overlap: Any) -> Any:
    """Memory traffic and arithmetic one after the other (`overlap` 1), or almost at once (large `overlap`): a norm of the two times."""
    return (memory**overlap + arithmetic**overlap) ** (1 / overlap)


def capacity(server: Server, work: Work, efficiency: Efficiency) -> Any:
    """Requests whose whole contexts fit beside the weights.

    Raises
    ------
    ValueError
        If not even one does.
    """
    room = _room(server, work, efficiency)
    if np.any(room < 1):
        need = work.shape.parameters * np.max(work.weight_bytes)
        raise ValueError(f"chips must be enough to hold {work.model} ({need:.0f} GB of weights) and one request: memory holds {np.min(room):.2f} requests; use more chips")
    return room


def _room(server: Server, work: Work, efficiency: Efficiency) -> Any:
    weights = work.shape.parameters * GIGA * work.weight_bytes
    request = work.shape.context_elements * work.context_bytes * (work.input_tokens + work.output_tokens)
    return (np.asarray(efficiency.memory) * server.memory * GIGA * server.chips - weights) / request


def written_per_second(server: Server, work: Work, efficiency: Efficiency = Efficiency(), overlap: float = 1.0) -> Any:
    """Tokens written each second by the whole server, prompts read included.

    Raises
    ------
    ValueError
        If a quantity is impossible, or the model does not fit.
    """
    _inside("overlap", overlap, 1, 64, "[1, 64]")
    requests = np.minimum(work.batch, capacity(server, work, efficiency))
    step = _step(server, work, efficiency, requests, work.input_tokens + work.output_tokens / 2, overlap)
    flop = 2 * work.shape.parameters * GIGA
    reading = work.input_tokens * flop / (np.asarray(server.rate) * TERA * server.chips * efficiency.reading)
    return work.output_tokens / (reading + work.output_tokens * step / requests)


def _step(server: Server, work: Work, efficiency: Efficiency, requests: Any, context_tokens: Any, overlap: float) -> Any:
    shape = work.shape
    memory, arithmetic, waiting = step_parts(
        np, requests, np.asarray(server.rate) * TERA * server.chips, np.asarray(server.bandwidth) * GIGA * server.chips, shape.parameters * GIGA * work.weight_bytes,
        shape.context_elements * work.context_bytes * context_tokens, 2 * shape.parameters * GIGA, efficiency, shape.layers * np.asarray(efficiency.layer_seconds),
    )
    return combine(np, memory, arithmetic, overlap) + waiting


def one_request_speed(server: Server, work: Work, efficiency: Efficiency = Efficiency(), overlap: float = 1.0) -> Any:
    """Tokens written each second for a single user who has the server to himself: the lowest latency."""
    return 1 / _step(server, work, efficiency, 1, work.input_tokens + work.output_tokens / 2, overlap)


def interactive_rate(server: Server, work: Work, speed: float, efficiency: Efficiency = Efficiency()) -> Any:
    """Tokens written each second by a server that gives every user at least `speed` tokens a second. Reading is not counted, memory and arithmetic do not overlap.

    The step lasts 1/speed; what weights and waiting leave of it is shared among requests, as many as also fit into memory. A server that is too slow even for one user serves one.

    Raises
    ------
    ValueError
        If `speed` or another quantity is impossible, or the model does not fit.
    """
    _inside("speed", speed, 0, 1e5, "(0, 1e5] tokens per second", open_low=True)
    tokens = work.input_tokens + work.output_tokens / 2
    alone = _step(server, work, efficiency, 0.0, tokens, 1.0)
    each = _step(server, work, efficiency, 1.0, tokens, 1.0) - alone
    requests = np.minimum(np.minimum((1 / speed - alone) / each, capacity(server, work, efficiency)), work.batch)
    requests = np.maximum(requests, 1.0)
    return requests / (alone + requests * each)


def link_seconds(link: Any, chips: Any, requests: Any, model: str = "Llama 3 70B", bytes_each: float = 2.0) -> Any:
    """Seconds of one step that go into exchanging activations between the chips of a server, if nothing hides them: two sums over all chips a layer (tensor parallelism).

    Not part of the fitted model, whose runs hardly tell it from waiting and arithmetic.

    Parameters
    ----------
    link : float
        Aggregate bandwidth of a chip's links, both directions together, GB/s.
    """
    _inside("link", link, 0, np.inf, "above 0", open_low=True)
    _inside("chips", chips, 1, 1e6, "[1, 1e6]")
    _inside("requests", requests, 0, 1e7, "[0, 1e7]")
    shape = SHAPES[model]
    moved = 2 * (np.asarray(chips) - 1) / chips * requests * shape.width * bytes_each
    return 2 * shape.layers * moved / (np.asarray(link) * GIGA / 2)


def trained_per_second(rate: Any, utilisation: Any, model: str = "Llama 3 70B") -> Any:
    """Tokens that one chip trains on each second: peak 16-bit arithmetic (TFLOP/s) times utilisation over six operations a parameter.

    Raises
    ------
    ValueError
        If the rate is not above 0 or the utilisation not in (0, 1].
    """
    _inside("rate", rate, 0, np.inf, "above 0", open_low=True)
    _inside("utilisation", utilisation, 0, 1, "(0, 1]", open_low=True)
    return np.asarray(rate) * TERA * utilisation / (6 * SHAPES[model].parameters * GIGA)


def bound_share(speed: Any, weights_gib: Any, bandwidth: Any) -> Any:
    """Share of the memory bandwidth (GB/s) that writing at `speed` tokens a second must have used: each token reads all weights (GiB) once."""
    _inside("bandwidth", bandwidth, 0, np.inf, "above 0", open_low=True)
    return np.asarray(speed) * np.asarray(weights_gib) * 2**30 / (np.asarray(bandwidth) * GIGA)

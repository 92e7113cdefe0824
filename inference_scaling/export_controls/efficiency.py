"""Fitted efficiencies: what software gets out of chips, hierarchical over chips and software, from measured speeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from scipy import special, stats

from inference_scaling import sampling
from inference_scaling.export_controls.roofline import BYTES, GIGA, LARGEST_BATCH, SHAPES, TERA, combine, step_parts

# Prior of the group means: (mean, s.d.), on the logit scale but for the waiting (log seconds a layer). See `speed_model`.
PRIORS = {"bandwidth": (0.6, 0.6), "arithmetic": (-0.8, 0.8), "reading": (0.0, 0.8), "waiting": (np.log(3e-5), 1.0), "memory": (1.4, 0.5)}
NUMBERS = ("rate", "bandwidth", "memory", "weights", "context_per_token", "flop", "layers", "input", "output", "batch", "prefill")
CHIPS, SOFTWARE = 16, 6
CHIP_SD = {"bandwidth": 0.7, "arithmetic": 0.3}
SOFTWARE_SD = {"bandwidth": 0.4, "arithmetic": 0.5, "waiting": 0.7}
# Chips cut from the same silicon: near the efficiency of the one that was measured, within half of the spread of chips.
ALIKE = {"A800": "A100 80GB", "A100 40GB": "A100 80GB", "H800": "H100", "H20": "H100", "B300": "B200", "GB300": "GB200", "MI325X": "MI300X"}
ALIKE_SHARE = 0.5
FOREIGN = "vLLM, other maker's format"
# Runs that enter a fit: the shapes of one configuration are nearly one measurement, a few of them tell reading, writing and context apart.
FITTED_SHAPES = {
    "llama.cpp": [(0, 1024), (0, 8192), (1024, 0)],
    "TensorRT-LLM": [(128, 2048), (1000, 1000), (2048, 128), (20000, 2000)],
    "vLLM": [(128, 2048), (2048, 2048), (32784, 2048)],
}
FITTED_BATCHES = (4, 32, 256)


@dataclass(frozen=True)
class Rows:
    """Runs as arrays: totals over the server in FLOP/s, byte/s and bytes; levels of chip and software by position.

    Attributes
    ----------
    numbers : dict of str to ndarray, shape (n,)
    chip, software : ndarray of int, shape (n,)
    log_speed : ndarray, shape (n,), natural log of tokens per second
    levels : dict of group to list of names
    """

    numbers: dict[str, np.ndarray]
    chip: np.ndarray
    software: np.ndarray
    log_speed: np.ndarray
    levels: dict[str, list[str]]


def rows(speeds: pd.DataFrame, chips: pd.DataFrame) -> Rows:
    """Arrays of `speed_model` from the tables of runs and of chips; runs whose arithmetic rate is not listed are left out where it matters (reading)."""
    data = speeds.merge(chips[["chip", "rate_16_bit", "rate_8_bit", "rate_4_bit", "memory", "memory_bandwidth"]], on="chip", how="left", validate="many_to_one")
    listed = {"F16": data["rate_16_bit"], "Q4_K_M": data["rate_16_bit"], "FP8": data["rate_8_bit"], "FP4": data["rate_4_bit"]}
    rate = np.select([data["weight_format"] == name for name in listed], list(listed.values()), np.nan)
    keep = np.isfinite(rate) | (data["phase"] == "decode").to_numpy()
    data, rate = data[keep].reset_index(drop=True), rate[keep]
    # Writing one answer with one card is bound by memory: any rate will do where none is listed.
    rate = np.where(np.isfinite(rate), rate, 100.0)
    shape = data["model"].map(SHAPES)
    parameters = shape.map(lambda s: s.parameters).to_numpy() * GIGA
    count = data["chips"].to_numpy()
    eight_bit_context = data["software"].str.startswith("TensorRT-LLM").to_numpy()
    numbers = {
        "rate": rate * TERA * count,
        "bandwidth": data["memory_bandwidth"].to_numpy() * GIGA * count,
        "memory": data["memory"].to_numpy() * GIGA * count,
        "weights": parameters * data["weight_format"].map(BYTES).to_numpy(),
        "context_per_token": shape.map(lambda s: s.context_elements).to_numpy() * np.where(eight_bit_context, 1.0, 2.0),
        "flop": 2 * parameters,
        "layers": shape.map(lambda s: s.layers).to_numpy().astype(float),
        "input": data["input_tokens"].to_numpy().astype(float),
        "output": data["output_tokens"].to_numpy().astype(float),
        "batch": data["batch"].fillna(LARGEST_BATCH).to_numpy(),
        "prefill": (data["phase"] == "prefill").to_numpy().astype(float),
    }
    levels, codes = {}, {}
    for name in ("chip", "software"):
        code, level = pd.factorize(data[name], sort=True)
        levels[name], codes[name] = list(level), code
    return Rows(numbers, codes["chip"], codes["software"], np.log(data["tokens_per_second"].to_numpy()), levels)


def mlperf_runs(entries: pd.DataFrame) -> pd.DataFrame:
    """Median offline entries as runs of the roofline: Llama 2 70B has the shape of Llama 3 70B; about 300 tokens in and out, an assumption, since the table has no lengths."""
    rows = entries[(entries["discipline"] == "inference, offline") & (entries["chip"] != "H200 at 1000 W")]
    best = rows.groupby(["round", "chip"], as_index=False).agg(value=("value", "median"), chips=("chips", "max"), available_from=("available_from", "first"))
    four = best["chip"].isin(["B200", "GB200", "RTX Pro 6000"])
    return pd.DataFrame(
        {"source": "MLPerf", "software": "MLPerf", "configuration": "MLPerf " + best["round"] + ", " + best["chip"], "chip": best["chip"], "chips": best["chips"], "model": "Llama 3 70B", "weight_format": np.where(four, "FP4", "FP8"),
         "phase": "both", "input_tokens": 300, "output_tokens": 300, "batch": np.nan, "tokens_per_second": best["value"] * best["chips"], "available_from": best["available_from"]}
    )


def thinned(speeds: pd.DataFrame) -> pd.DataFrame:
    """The runs that enter a fit. A format made for another maker's chips is a fault of set-up, slow for one of two reasons that its runs cannot tell apart: left out."""
    speeds = speeds[speeds["software"] != FOREIGN]
    shapes = [(i, o) in FITTED_SHAPES[s] for s, i, o in zip(speeds["source"], speeds["input_tokens"], speeds["output_tokens"], strict=True)]
    batches = (speeds["source"] != "vLLM") | speeds["batch"].isin(FITTED_BATCHES)
    return speeds[np.array(shapes) & batches].reset_index(drop=True)


def predicted(xp, numbers: Mapping, bandwidth, arithmetic, reading, waiting, memory, overlap):
    """Log tokens per second of runs under given efficiencies; numpy or PyTensor.

    Parameters
    ----------
    numbers : mapping
        As `Rows.numbers`.
    bandwidth, arithmetic, reading, memory : array_like
        Shares in (0, 1).
    waiting : array_like
        Seconds a layer.
    overlap : float
        1: memory traffic and arithmetic follow each other; large: they overlap.
    """
    v = SimpleNamespace(**numbers)
    room = (memory * v.memory - v.weights) / (v.context_per_token * xp.maximum(v.input + v.output, 1.0))
    requests = xp.minimum(v.batch, xp.maximum(room, 1.0))
    context = v.context_per_token * (v.input + v.output / 2)
    efficiency = SimpleNamespace(bandwidth=bandwidth, arithmetic=arithmetic)
    traffic, work, wait = step_parts(xp, requests, v.rate, v.bandwidth, v.weights, context, v.flop, efficiency, v.layers * waiting)
    step = combine(xp, traffic, work, overlap) + wait
    read = v.input * v.flop / (v.rate * reading)
    written = xp.log(xp.maximum(v.output, 1.0)) - xp.log(read + v.output * step / requests)
    only_read = xp.log(v.rate * reading / v.flop)
    return xp.where(v.prefill > 0, only_read, written)


def speed_model(data: Rows, overlap: float = 1.0, spread: float = 1.0) -> pm.Model:
    """Hierarchical roofline of measured speeds.

    log speed = log roofline(efficiencies of chip and software) + error; error Student-t with 4 degrees of freedom, since single runs fail.
    Shares of bandwidth and arithmetic are logistic in mean + chip + software; the time a layer waits is log-normal over software; the usable share of memory is one number.

    Priors: means of the shares centre at 0.65 of bandwidth, 0.31 of arithmetic while writing, 0.5 while reading, and 0.8 of memory, the middle of what engineers report, and are wide
    (a standard deviation takes 0.65 to 0.5 or 0.77). Chips differ on the logit scale by a half-normal of 0.7 in bandwidth, and by 0.3 in arithmetic, which few runs tell apart from software. Software is few, so that its scale is fixed: 0.4 (bandwidth) and
    0.5 (arithmetic) on the logit scale, and a factor of two (0.7 on the log scale) in waiting.
    Errors have a half-normal scale of 0.3: a roofline that is right within a third is a good one. Pass `thinned` runs, since many shapes of one configuration err together.

    Parameters
    ----------
    data : Rows
    overlap : float
        See `roofline.combine`.
    spread : float
        Factor on the prior scales of chips and software.
    """
    with pm.Model() as model:
        numbers = {name: pm.Data(name, data.numbers[name]) for name in NUMBERS}
        chip, software = (pm.Data(name, getattr(data, name)) for name in ("chip", "software"))
        overlap_of_work, scale = pm.Data("overlap", float(overlap)), pm.Data("spread", float(spread))
        mean = {name: m + s * pm.Normal(f"{name}_mean_z") for name, (m, s) in PRIORS.items()}
        for name, value in mean.items():
            pm.Deterministic(f"{name}_mean", value)
        deviation = {"chip_bandwidth": pm.Deterministic("chip_bandwidth_sd", scale * CHIP_SD["bandwidth"] * pm.HalfNormal("chip_bandwidth_sd_z")), "chip_arithmetic": scale * CHIP_SD["arithmetic"]}
        deviation |= {f"software_{kind}": scale * value for kind, value in SOFTWARE_SD.items()}
        effect = {f"software_{kind}": pm.Deterministic(f"software_{kind}", deviation[f"software_{kind}"] * pm.Normal(f"software_{kind}_z", shape=SOFTWARE)) for kind in ("bandwidth", "arithmetic")}
        # Each chip's bandwidth is measured well, its arithmetic hardly: centred and not.
        effect["chip_bandwidth"] = pm.Normal("chip_bandwidth", 0.0, deviation["chip_bandwidth"], shape=CHIPS)
        effect["chip_arithmetic"] = pm.Deterministic("chip_arithmetic", deviation["chip_arithmetic"] * pm.Normal("chip_arithmetic_z", shape=CHIPS))
        # Its scale is fixed, so that centring makes no funnel; the mean alone is hardly known.
        log_wait = pm.Normal("software_log_waiting", mean["waiting"], deviation["software_waiting"], shape=SOFTWARE)
        pm.Deterministic("software_waiting", log_wait - mean["waiting"])
        arithmetic = effect["chip_arithmetic"][chip] + effect["software_arithmetic"][software]
        expected = predicted(
            pt, numbers,
            pm.math.sigmoid(mean["bandwidth"] + effect["chip_bandwidth"][chip] + effect["software_bandwidth"][software]),
            pm.math.sigmoid(mean["arithmetic"] + arithmetic), pm.math.sigmoid(mean["reading"] + arithmetic),
            pt.exp(log_wait[software]), pm.math.sigmoid(mean["memory"]), overlap_of_work,
        )
        sigma = pm.HalfNormal("sigma", 0.3)
        pm.StudentT("log_speed", nu=4, mu=expected, sigma=sigma, observed=pm.Data("observed", data.log_speed))
    return model


@dataclass(frozen=True)
class Fitted:
    """Draws of a fitted `speed_model`, with the levels they belong to."""

    draws: dict[str, np.ndarray]
    levels: dict[str, list[str]]
    overlap: float

    def efficiencies(self, chips: list[str], seed: int, software: str | None = None) -> dict[str, np.ndarray]:
        """Draws of the efficiencies of chips under one software, shapes (S, number of chips); a chip never measured lies near one of the same silicon, or is drawn from among chips.

        Parameters
        ----------
        software : str, optional
            A software that was measured, or "typical", the middle of software; by default a further one, drawn from among software and the same for all chips.
        """
        rng, d = np.random.default_rng(seed), self.draws
        size = len(d["sigma"])
        columns = {}
        for kind in ("bandwidth", "arithmetic"):
            known = self.levels["chip"]
            spread = d["chip_bandwidth_sd"] if kind == "bandwidth" else CHIP_SD["arithmetic"]
            effect = {name: d[f"chip_{kind}"][:, i] for i, name in enumerate(known)}
            chip = np.column_stack([effect[c] if c in effect else effect.get(ALIKE.get(c), 0.0) + (ALIKE_SHARE if ALIKE.get(c) in effect else 1.0) * spread * rng.normal(size=size) for c in chips])
            columns[kind] = chip + self._software(kind, software, rng)[:, None]
        wait = self._software("waiting", software, rng)
        ones = np.ones((1, len(chips)))
        return {
            "bandwidth": special.expit(d["bandwidth_mean"][:, None] + columns["bandwidth"]),
            "arithmetic": special.expit(d["arithmetic_mean"][:, None] + columns["arithmetic"]),
            "reading": special.expit(d["reading_mean"][:, None] + columns["arithmetic"]),
            "layer_seconds": np.exp(d["waiting_mean"] + wait)[:, None] * ones,
            "memory": special.expit(d["memory_mean"])[:, None] * ones,
        }

    def _software(self, kind: str, software: str | None, rng: np.random.Generator) -> np.ndarray:
        known = self.levels["software"]
        if software == "typical":
            return np.zeros(len(self.draws["sigma"]))
        if software is not None and software in known:
            return self.draws[f"software_{kind}"][:, known.index(software)]
        return SOFTWARE_SD[kind] * rng.normal(size=len(self.draws["sigma"]))


def fitted(tree: xr.DataTree, data: Rows, overlap: float) -> Fitted:
    """Draws of a posterior of `speed_model` that predictions need."""
    names = ["sigma", "chip_bandwidth", "chip_arithmetic", "software_bandwidth", "software_arithmetic", "software_waiting", *(f"{n}_mean" for n in PRIORS)]
    return Fitted({name: sampling.draws(tree, name) for name in [*names, "chip_bandwidth_sd"]}, data.levels, overlap)


def predict(fit: Fitted, new: Rows, seed: int) -> np.ndarray:
    """Predictive draws of log speed of runs of another collection: (S, n). Software that was never fitted is drawn from among software, a chip from among chips."""
    total = np.empty((len(fit.draws["sigma"]), len(new.log_speed)))
    for position, software in enumerate(new.levels["software"]):
        at = new.software == position
        if not at.any():
            continue
        names = new.levels["chip"]
        e = fit.efficiencies(names, seed + position, software)
        columns = {name: value[:, new.chip[at]] for name, value in e.items()}
        numbers = {name: value[at] for name, value in new.numbers.items()}
        total[:, at] = predicted(np, numbers, columns["bandwidth"], columns["arithmetic"], columns["reading"], columns["layer_seconds"], columns["memory"], fit.overlap)
    return total


def forward_score(expected: np.ndarray, sigma: np.ndarray, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log score (nats) of each run and whether the central 90 % of its prediction holds it.

    Parameters
    ----------
    expected : ndarray, shape (S, n)
        Draws of the location of log speed.
    sigma : ndarray, shape (S,)
    observed : ndarray, shape (n,)
    """
    log_density = stats.t.logpdf(observed, 4, expected, sigma[:, None])
    score = special.logsumexp(log_density, axis=0) - np.log(len(sigma))
    rank = stats.t.cdf(observed, 4, expected, sigma[:, None]).mean(axis=0)
    return score, (rank > 0.05) & (rank < 0.95)


def naive_score(train_x: np.ndarray, train_y: np.ndarray, new_x: np.ndarray, new_y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same for a rule of proportion, log speed = constant + log of one measure + normal error, with Student-t predictions (reference prior)."""
    residual = train_y - train_x
    n, sd = len(residual), residual.std(ddof=1)
    location, scale = new_x + residual.mean(), sd * np.sqrt(1 + 1 / n)
    rank = stats.t.cdf(new_y, n - 1, location, scale)
    return stats.t.logpdf(new_y, n - 1, location, scale), (rank > 0.05) & (rank < 0.95)

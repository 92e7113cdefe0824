"""The outside yardstick: published numbers replicated, and the same parameters from a posterior."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from inference_scaling import chinchilla, sampling, store, tables
from inference_scaling.chinchilla import PARAMETERS, Runs

# Besiroglu et al. 2024, output of their notebook: estimates and bootstrap standard errors.
PUBLISHED = {"A": 482.01, "B": 2085.43, "E": 1.81686, "alpha": 0.34781, "beta": 0.36585}
PUBLISHED_ERROR = {"A": 124.52, "B": 1293.28, "E": 0.02566, "alpha": 0.01540, "beta": 0.02060}
WITHOUT_SCALE = {"A": 477.8, "B": 2143.0, "E": 1.8172, "alpha": 0.3473, "beta": 0.3672}


@pytest.fixture(scope="module")
def runs() -> Runs:
    return chinchilla.published_runs(tables.load("chinchilla_points"))


@pytest.fixture(scope="module")
def posterior(runs, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv(store.VARIABLE, str(tmp_path_factory.mktemp("store")))
    yield chinchilla.posterior(runs)
    patch.undo()


def test_table_holds_the_runs_of_the_published_fit(runs):
    table = tables.load("chinchilla_points")
    assert len(table) == 245 and runs.loss.size == 240
    assert table.loc[~table["in_published_fit"], "loss"].min() > runs.loss.max()


def test_published_estimates_are_replicated(runs):
    assert chinchilla.published_fit(runs) == pytest.approx(PUBLISHED, rel=1e-4)
    assert chinchilla.published_fit(runs, with_scale=False) == pytest.approx(WITHOUT_SCALE, rel=1e-3)


@pytest.mark.parametrize("objective", [chinchilla.huber_objective, chinchilla.huber_deviance])
def test_gradients_of_the_published_objectives(runs, objective):
    position = chinchilla.HOFFMANN + 0.05
    if objective is chinchilla.huber_deviance:
        position = np.append(position, -8.0)
    numeric = approx_fprime(position, lambda x: objective(x, runs)[0], 1e-7)
    analytic = objective(position, runs)[1]
    np.testing.assert_allclose(analytic, numeric, rtol=1e-4, atol=1e-3 * np.abs(numeric).max())


def test_posterior_gives_the_published_parameters(posterior):
    for name in PARAMETERS:
        median = np.median(sampling.draws(posterior, name))
        assert abs(median - PUBLISHED[name]) < 0.5 * PUBLISHED_ERROR[name]


def test_published_estimates_lie_in_the_posterior(posterior):
    for name in PARAMETERS:
        low, high = np.quantile(sampling.draws(posterior, name), [0.05, 0.95])
        assert low < PUBLISHED[name] < high


def test_bootstrap_is_seeded_and_centred_on_the_fit(runs):
    first = chinchilla.bootstrap(runs, fits=12, seed=1)
    np.testing.assert_array_equal(first, chinchilla.bootstrap(runs, fits=12, seed=1))
    errors = np.array(list(PUBLISHED_ERROR.values()))
    centre = np.array(list(PUBLISHED.values()))
    assert (np.abs(np.median(first, axis=0) - centre) < 2 * errors).all()


def test_known_parameters_are_recovered(runs, posterior):
    rng = np.random.default_rng(11)
    truth = {"A": 400.0, "B": 1500.0, "E": 1.7, "alpha": 0.34, "beta": 0.35}
    mean = truth["E"] + truth["A"] * runs.parameters ** -truth["alpha"] + truth["B"] * runs.tokens ** -truth["beta"]
    simulated = Runs(runs.parameters, runs.tokens, mean * np.exp(rng.laplace(0, 0.004, mean.size)))
    tree = chinchilla.posterior(simulated)
    for name, value in truth.items():
        low, high = np.quantile(sampling.draws(tree, name), [0.001, 0.999])
        assert low < value < high

"""Keys of models: what must change them and what must not."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest

from inference_scaling.graph_key import GraphKeyError, describe, digest

X = np.linspace(-1, 1, 6)


def key(model: pm.Model) -> tuple[str, str]:
    found = describe(model)
    return found.structure, found.data


def line(prior=1.0, datum=0.0, name="slope", label="a"):
    with pm.Model(coords={"row": [label, *"bcdef"]}) as model:
        x = pm.Data("x", X, dims="row")
        slope = pm.Normal(name, 0, prior)
        pm.Deterministic("mean", slope * x, dims="row")
        pm.Normal("y", slope * x, 1, observed=X + datum, dims="row")
    return model


def hierarchical(prior=1.0, datum=0.0, name="group", label="a"):
    with pm.Model(coords={"unit": [label, "b", "c"]}) as model:
        spread = pm.HalfNormal("spread", prior)
        group = pm.Normal(name, 0, spread, dims="unit")
        pm.StudentT("y", 4, mu=group[np.array([0, 1, 2, 0, 1, 2])], sigma=1, observed=X + datum)
    return model


def mixture(prior=1.0, datum=0.0, name="weight", label="a"):
    with pm.Model(coords={"part": [label, "b"]}) as model:
        weight = pm.Dirichlet(name, np.full(2, prior), dims="part")
        pm.NormalMixture("y", weight, mu=np.array([-1.0, 1.0]), sigma=1.0, observed=X + datum)
    return model


def truncated(prior=1.0, datum=0.0, name="centre", label="a"):
    with pm.Model(coords={"row": [label, *"bcdef"]}) as model:
        centre = pm.Normal(name, 0, prior)
        pm.Truncated("y", pm.Normal.dist(centre, 1), lower=-3, upper=3, observed=X + datum, dims="row")
    return model


def censored(prior=1.0, datum=0.0, name="centre", label="a"):
    with pm.Model(coords={"row": [label, *"bcdef"]}) as model:
        centre = pm.Normal(name, 0, prior)
        pm.Censored("y", pm.Normal.dist(centre, 1), lower=None, upper=2, observed=X + datum, dims="row")
    return model


def correlated(prior=1.0, datum=0.0, name="covariance", label="a"):
    with pm.Model(coords={"row": range(3), "axis": [label, "b"]}) as model:
        factor, _, _ = pm.LKJCholeskyCov(name, n=2, eta=prior, sd_dist=pm.HalfNormal.dist(1.0))
        pm.MvNormal("y", np.zeros(2), chol=factor, observed=X.reshape(3, 2) + datum, dims=("row", "axis"))
    return model


def walk(prior=1.0, datum=0.0, name="level", label="a"):
    with pm.Model(coords={"time": [label, *"bcdef"]}) as model:
        level = pm.GaussianRandomWalk(name, sigma=prior, init_dist=pm.Normal.dist(0, 1), dims="time")
        pm.Poisson("y", pt.exp(level), observed=np.arange(6) + int(10 * datum))
    return model


def custom(prior=1.0, datum=0.0, name="rate", label="a"):
    def density(value, rate):
        return pt.log(rate) - rate * value

    with pm.Model(coords={"row": [label, *"bcdef"]}) as model:
        rate = pm.Gamma(name, 2, prior)
        pm.CustomDist("y", rate, logp=density, observed=X + 2 + datum, dims="row")
    return model


def weighted(prior=1.0, datum=0.0, name="centre", label="a"):
    with pm.Model(coords={"row": [label, *"bcdef"]}) as model:
        x = pm.Data("x", X + datum, dims="row")
        centre = pm.Normal(name, 0, prior)
        pm.Potential("fit", -pt.sum((x - centre) ** 2))
    return model


KINDS = [line, hierarchical, mixture, truncated, censored, correlated, walk, custom, weighted]


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_prior_datum_name_or_coordinate_changes_the_key(kind):
    keys = [
        key(kind()),
        key(kind(prior=1.5)),
        key(kind(datum=0.1)),
        key(kind(name="other")),
        key(kind(label="z")),
    ]
    assert len(set(keys)) == len(keys)
    assert key(kind()) == keys[0]


def test_data_containers_belong_to_the_data_not_to_the_structure():
    first, second = describe(weighted()), describe(weighted(datum=0.1))
    assert first.structure == second.structure
    assert first.data != second.data


def test_constants_belong_to_the_structure():
    assert describe(line()).structure != describe(line(datum=0.1)).structure


def test_length_of_a_free_variable_belongs_to_the_structure():
    def model(n):
        with pm.Model(coords={"unit": range(n)}) as built:
            pm.Normal("group", dims="unit")
        return built

    assert describe(model(3)).structure != describe(model(4)).structure


def test_order_of_free_variables_counts_as_the_draws_depend_on_it():
    def model(names):
        with pm.Model() as built:
            for name in names:
                pm.Normal(name)
        return built

    assert key(model("ab")) != key(model("ba"))


@pytest.mark.parametrize(
    "build",
    [
        lambda: pm.Normal("x", 0, 1, initval=0.5),
        lambda: pm.Normal("x", 0, 1, default_transform=pm.distributions.transforms.Interval(-9, 9)),
        lambda: pm.Normal("x", 0, 1, shape=1),
        lambda: pm.Deterministic("d", pm.Normal("x", 0, 1)),
        lambda: pm.Data("x", 1.0),
        lambda: pm.Laplace("x", 0, 1),
        lambda: pm.Normal("x", np.float32(0), 1),
    ],
    ids=["initval", "transform", "shape", "deterministic", "data", "distribution", "dtype"],
)
def test_other_changes_are_seen(build):
    with pm.Model() as plain:
        pm.Normal("x", 0, 1)
    with pm.Model() as changed:
        build()
    assert key(plain) != key(changed)


SOURCE = """
import inference_scaling
import numpy as np, pymc as pm
from inference_scaling.graph_key import describe
def build():
    {comment}
    with pm.Model(coords={{"row": list("abc")}}) as model:
        x = pm.Data("x", np.arange(3.0), dims="row")
        a = pm.Normal("a")
        b = pm.HalfNormal("b")
        pm.CustomDist("y", a, b, logp=lambda v, a, b: -((v - a) / b) ** 2 / 2, observed=x)
    return model
found = describe(build())
print(found.structure, found.data)
"""


def test_key_is_the_same_in_other_processes_and_after_an_edit_of_comments():
    comments = ["# a comment", '"""A docstring,\n    of two lines."""']
    printed = set()
    for seed, comment in zip(["0", "1"], comments, strict=True):
        source = textwrap.dedent(SOURCE.format(comment=comment))
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        printed.add(run.stdout)
    assert len(printed) == 1


def test_operator_that_wraps_python_is_refused_by_name():
    @pytensor.wrap_py([pt.dscalar], [pt.dscalar])
    def doubled(x):
        return 2 * x

    with pm.Model() as model:
        pm.Deterministic("twice", doubled(pm.Normal("x")))
    with pytest.raises(GraphKeyError, match="doubled"):
        describe(model)


def test_python_sampler_of_a_custom_distribution_is_refused():
    def rng_fn(x, rng=None, size=None):
        return rng.normal(x, size=size)

    with pm.Model() as model:
        x = pm.Normal("x")
        pm.CustomDist("y", x, logp=lambda v, x: -((v - x) ** 2), random=rng_fn, observed=X)
    with pytest.raises(GraphKeyError, match="rng_fn"):
        describe(model)


def test_digest_separates_values_that_print_alike():
    values = [1, 1.0, "1", True, None, (1,), [1], np.float64(1), np.float32(1), b"1", np.array(1), np.array([1])]
    assert len({digest(value) for value in values}) == len(values)
    assert digest((1, 2), 3) != digest(1, (2, 3))
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(0.1) != digest(np.nextafter(0.1, 1))


def test_digest_refuses_what_it_cannot_see():
    with pytest.raises(GraphKeyError, match="pass plain numbers"):
        digest(object())

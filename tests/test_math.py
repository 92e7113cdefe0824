"""Mathematics as MathML."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from inference_scaling.sphinx_ext.math import mathml


@pytest.mark.parametrize(
    "tex",
    [
        r"\operatorname{logit}(p) = \log\frac{p}{1-p}",
        r"\begin{aligned} y_i &\sim \mathrm{Binomial}(n_i, p_i) \\ p_i &= \mathrm{logit}^{-1}(\alpha + \beta x_i) \end{aligned}",
        r"\operatorname*{arg\,max}_{\theta} \prod_{i=1}^n \int_0^1 \boldsymbol{\theta}\,\mathrm{d}p \not\leq \hat{\sigma}^2",
        r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
    ],
)
def test_formulas_become_well_formed_mathml(tex: str) -> None:
    tree = ElementTree.fromstring(mathml(tex, display=True).replace("&nbsp;", " "))
    assert tree.tag.endswith("math") and tree.get("display") == "block"


def test_same_formula_same_markup() -> None:
    assert mathml(r"\sqrt{x}") == mathml(r"\sqrt{x}")


@pytest.mark.parametrize("tex", [r"\nosuchcommand", r"\frac{1}", r"{a"])
def test_wrong_formulas_raise_with_one_line(tex: str) -> None:
    with pytest.raises(ValueError) as caught:
        mathml(tex)
    assert str(caught.value) and "\n" not in str(caught.value)


def test_process_ends_with_the_engine_open() -> None:
    code = "from inference_scaling.sphinx_ext.math import mathml; mathml('x')"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_formulas_are_made_while_another_event_loop_runs():
    code = """
import asyncio, threading
from inference_scaling.sphinx_ext.math import mathml
async def first():
    return mathml("a")
asyncio.run(first())
found = []
thread = threading.Thread(target=lambda: found.append(mathml("b")))
thread.start()
thread.join(20)
print(len(found))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "1"

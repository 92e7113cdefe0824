"""No number in prose is typed; and the checker that says so is itself checked."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_scaling import lint

ROOT = Path(__file__).resolve().parent.parent

TYPED = {
    "plain": ("The slope is 34.8 points.", "34.8"),
    "at the start of a sentence": ("About 30 problems were used, and about half solved.", "30"),
    "first word": ("30 problems.", "30"),
    "percent": ("A 90 % interval.", "90"),
    "percent after a name": ("They say that METR 30 % is right.", "30"),
    "multiple": ("Prices fall 10x a year.", "10x"),
    "multiple after a name": ("The cost of Llama 10x less.", "10x"),
    "ordinal": ("It is the 175th best.", "175th"),
    "money": ("It costs $3,400 a task.", "$3,400"),
    "currency code": ("It costs USD3400.", "USD3400"),
    "no year": ("A rating of 2727 is high.", "2727"),
    "year with a unit": ("It costs 2000 USD now.", "2000"),
    "year with a percent sign": ("a rise of 2000 %", "2000"),
    "round number that looks like a year": ("with 2000 samples", "2000"),
    "training step": ("at step 8000 of training", "8000"),
    "negative": ("a change of −4 years", "−4"),
    "scientific": ("more than 1e26 operations", "1e26"),
    "superscript": ("more than 10²⁶ operations", "10²⁶"),
    "half": ("it takes ½ of it", "½"),
    "thousands": ("about 10,000 samples", "10,000"),
    "approximate": ("in ~3000 cases", "~3000"),
    "after the number of a model": ("We ran GPT-4o 32 times.", "32"),
    "a count after a name": ("For METR 30 tasks were run, and METR 34.8 points.", "30"),
    "a measure after a name": ("For METR 34.8 points remain.", "34.8"),
    "in emphasis": ("a gain of **17** points", "17"),
    "in a list": ("- first\n- second with 5 parts", "5"),
    "in a heading": ("## The 7 findings", "7"),
    "in a table": ("| a | b |\n|---|---|\n| x | 12 |", "12"),
    "in an admonition": (":::{admonition} Method\n:class: dropdown\nWe used 4 chains.\n:::", "4"),
    "in the title of an admonition": ("```{admonition} All 9 models\nText.\n```", "9"),
    "in a caption": ("```{figure} a1.png\n:width: 300px\nThe 6 curves.\n```", "6"),
    "nested": ("::::{note}\n:::{tip}\nUse 8 of them.\n:::\n::::", "8"),
    "in the text of a link": ("[see 11 more](https://example.org/2)", "11"),
    "in a quotation without a source": ("> It fell by 10 a year.", "10"),
    "in alternative text": ("![a curve with 5 dots](curve1.png)", "5"),
    "in HTML": ("<p class='x1'>a share of 44</p>", "44"),
    "lower-case compound": ("the best-of-64 rule and a 60-problem test", "best-of-64"),
    "after a word that is no name": ("However 12 of them did, however one looks at it.", "12"),
}

ALLOWED = {
    "year": "In 2024 and by 2031, in the 2020s.",
    "range of years": "From 2024–2026 and 2031-2033, 2024/25.",
    "ISO date": "As of 2025-01-14 and 2025-01.",
    "date": "On 14 January 2025, on January 14, 2025, from 12–14 March.",
    "compound with a year": "mid-2031, post-2024",
    "models": "o1, o3, o1-mini, o3-high, o4-mini's, GPT-4o, GPT-3.5, DeepSeek-R1-Zero, rStar2 and s1-32B.",
    "names with a number": "We study Llama 3 405B and Claude 3.5 Sonnet, Gemini 1.5 Flash-8B, and then Claude 3.",
    "benchmarks": "AIME 2024, ARC-AGI-1, GSM8K, MATH500, the A100 and the H100.",
    "release": "0.1.0, 22 November 2026",
    "metrics": "pass@1 and pass@100",
    "references": "See section 3.2, Figure 4, tables 1 and 2, § 5 and exercise 3.",
    "code": "Call `fit(4, seed=7)`.\n\n```python\nx = 3\n```\n\n```{code-cell} python\n:tags: [a1]\ny = 5\n```\n\n    z = 6",
    "mathematics": "with $\\alpha = 0.3$ and\n\n$$\ny = 3x\n$$\n\n```{math}\n:label: eq1\nz = 4\n```",
    "glue and facts": "It is {glue:text}`o1-slope-50`, or {fact}`post-10x`.",
    "citations": "by {cite:t}`kidd2025implications`, {cite:p}`jones2021a,snell2024`",
    "targets": "(scaling-1-test)=\n## Curves\n\n[text](https://example.org/2024/12/3) and <https://example.org/17>",
    "options": "```{figure} fig7.png\n---\nwidth: 300px\nname: fig-7\n---\nThe curves.\n```",
    "quotation with its source": "> It fell by 10 a year.\n>\n> — {cite:t}`kidd2025`",
    "comments": "% 30 problems\n\n<!-- 40 problems -->\n\nText.",
    "front matter": "---\nkernelspec:\n  display_name: Python 3\n---\n\nText.",
    "numbered list": "1. first\n2. second",
    "image": "![curve](curve-12.png)",
    "HTML attributes": "<div class='x1' data-n='3'>text</div>",
    "generated": "```{table-note} table7\n```\n\n```{data-tables}\n```",
}

# Expressions given to a keyword that a reader sees, and the digits that were typed into them.
SHOWN = {
    "plain": ('"A fall of 46 a year"', ["46"]),
    "implicit concatenation": ('"A fall "\n    "of 46 a year"', ["46"]),
    "sum": ('"A fall of " + "46" + unit', ["46"]),
    "either side of a condition": ('"46 rows" if many else "few rows, 3 in all"', ["46", "3"]),
    "f-string beside a computed part": ('f"{low:.1f} to 46 a year"', ["46"]),
    "digits put into braces": ('f"a fall of {46} a year"', ["46"]),
    "computed": ('f"A fall of {fall[\'50 %\']:.2f} a year, {share:.0%} of {2 * n}"', []),
    "names, years and dates": ('"o3 and GPT-4o on AIME 2024, Claude 3.7 Sonnet, from March 2025 to 14 January 2026"', []),
    "variable": ("text_50", []),
}


@pytest.mark.parametrize("keyword", ["description", "title", "note", "reason"])
@pytest.mark.parametrize("case", SHOWN)
def test_typed_number_in_a_shown_string_is_found(keyword, case):
    expression, digits = SHOWN[case]
    page = f"Text on Claude models.\n\n```{{code-cell}} python\n:tags: [hide-input]\n\n%matplotlib inline\nshow(\n    data[7], width=30, {keyword}={expression},\n)\n```\n"
    assert [finding.digits for finding in lint.check(page, "page.md")] == digits


@pytest.mark.parametrize("name", ["source", "name", "unit"])
def test_other_strings_of_a_cell_are_not_read(name):
    assert lint.check(f'```{{code-cell}} python\nshow(3, {name}="50 of them", labels={{"title": "9"}})\n```\n', "page.md") == []


def test_finding_in_a_cell_names_file_line_and_remedy():
    lines = [
        "# Title",
        ":::{admonition} Exercise",
        ":class: dropdown",
        "",
        "```{code-cell} python",
        ":tags: [hide-input]",
        "",
        "x = 1",
        "show(",
        '    title=f"the 9 models, {x:.0f}",',
        '    description="A rise from 12 points"',
        '    " to 12 points and 19.",',
        ")",
        "```",
        ":::",
    ]
    found = lint.check("\n".join(lines), "notebooks/page.md")
    assert [(finding.line, finding.digits) for finding in found] == [(10, "9"), (11, "12"), (12, "12"), (12, "19")]
    assert str(found[0]) == "notebooks/page.md, line 10: '9' is typed (“the 9 models, \N{BULLET}”); compute it in the cell and insert it with an f-string"


def test_cell_that_is_no_python_is_named():
    with pytest.raises(SyntaxError) as error:
        lint.check("Text.\n\n```{code-cell} python\nx = 1\ny = = 2\n```\n", "page.md")
    assert (error.value.filename, error.value.lineno) == ("page.md", 5)


@pytest.mark.parametrize("case", TYPED)
def test_typed_number_is_found(case):
    text, digits = TYPED[case]
    assert digits in [finding.digits.rstrip("%. ") for finding in lint.check(text, "page.md")]


@pytest.mark.parametrize("case", ALLOWED)
def test_allowed_digits_are_not_found(case):
    assert [str(finding) for finding in lint.check(ALLOWED[case], "page.md")] == []


words = st.sampled_from(["the", "curve", "rises", "with", "compute", "and", "falls", "again", "when", "prices", "drop", "of", "them"])
numbers = st.one_of(
    st.floats(0.01, 1e6).map(lambda x: f"{x:.2f}"),
    st.integers(0, 1899).map(str),
    st.integers(2100, 10**7).map(lambda n: f"{n:,}"),
    st.integers(1, 100).map(lambda n: f"{n} %"),
)


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=8), numbers, st.lists(words, min_size=1, max_size=8))
def test_a_number_planted_among_plain_words_is_found_and_nothing_else(before, number, after):
    text = f"{' '.join(before)} {number} {' '.join(after)}"
    findings = lint.check(f"# Title\n\n{text}\n", "page.md")
    assert [finding.digits for finding in findings] == [number.split()[0]]


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=20), st.sampled_from(sorted(ALLOWED)))
def test_plain_words_beside_allowed_digits_are_clean(around, case):
    assert lint.check(f"{' '.join(around)}.\n\n{ALLOWED[case]}", "page.md") == [] or case == "front matter"


def test_finding_names_file_line_digits_and_remedy():
    text = "---\na: 1\n---\n\n# Title\n\nFirst line\nsecond line with 42 things\n\n:::{note}\n:class: a\n\ntext\nwith 43 more\n:::\n"
    found = lint.check(text, "book/page.md")
    assert [(finding.line, finding.digits) for finding in found] == [(8, "42"), (14, "43")]
    assert str(found[0]) == (
        "book/page.md, line 8: '42' is typed (“First line second line with 42 things”); "
        "insert it with {glue:text} from the cell that computes it, or with {fact} if a source states it"
    )


def test_pages_of_a_book_are_all_read(tmp_path):
    for folder in ("book", "notebooks"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.md").write_text("We saw 5 of them.\n")
    assert [finding.file for finding in lint.check_pages(tmp_path)] == ["book/page.md", "notebooks/page.md"]


def test_no_page_of_the_book_has_typed_numbers():
    assert [str(finding) for finding in lint.check_pages(ROOT)] == []

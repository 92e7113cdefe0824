"""What a chart does under the reader's hands, on a small book."""

from __future__ import annotations

import pytest
from live import errors_of, point_at, upgraded

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield context.new_page()
    context.close()


def test_chart_is_a_drawing_until_touched(page, small_url):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(small_url + "page.html")
    assert page.locator("#fig-band .chart-wide svg").is_visible()
    assert not page.locator("#fig-band .chart-live").is_visible()
    assert not any(url.endswith("vega.js") for url in requests)
    point_at(page, "#fig-band")
    upgraded(page, "#fig-band")
    assert sum(url.endswith("vega.js") for url in requests) == 1
    point_at(page, "#fig-scatter")
    upgraded(page, "#fig-scatter")
    assert sum(url.endswith("vega.js") for url in requests) == 1
    assert not page.locator("#fig-band .chart-picture").is_visible()


@pytest.mark.parametrize("width", [390, 1200, 1600])
def test_becoming_live_moves_nothing(page, small_url, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(small_url + "page.html")
    for name in ("band", "scatter", "slider"):
        figure = page.locator(f"#fig-{name}")
        before = figure.evaluate("figure => figure.offsetHeight")
        figure.locator(".chart-explore").evaluate("button => button.click()")
        upgraded(page, f"#fig-{name}")
        assert abs(figure.evaluate("figure => figure.offsetHeight") - before) <= 2, name
        ratio = figure.evaluate("f => f.querySelector('.chart-live svg').getBoundingClientRect().width / f.clientWidth")
        assert 0.9 < ratio < 1.01, name


def test_line_and_points_answer_to_the_pointer(page, small_url):
    page.goto(small_url + "page.html")
    for name, expected in (("band", "Accuracy"), ("scatter", "Price, USD")):
        point_at(page, f"#fig-{name}")
        upgraded(page, f"#fig-{name}")
        page.locator(f"#fig-{name} .chart-live .mark-symbol.role-mark path").nth(8).hover(force=True)
        page.wait_for_selector("#vg-tooltip-element.visible")
        assert expected in page.inner_text("#vg-tooltip-element")


def test_touch_makes_a_chart_live(browser, small_url):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(small_url + "page.html")
    page.locator("#fig-band .chart-narrow").tap()
    upgraded(page, "#fig-band")
    context.close()


def test_keyboard_reaches_chart_table_and_data(page, small_url):
    page.goto(small_url + "page.html")
    page.locator("#fig-band .headerlink").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "chart-explore"
    page.keyboard.press("Enter")
    upgraded(page, "#fig-band")
    page.wait_for_function("document.activeElement.classList.contains('chart-live')")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('figure').id") == "fig-band"
    page.locator("#fig-band summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#fig-band table").is_visible()


def test_slider_is_live_when_seen_and_its_state_survives(page, small_url):
    page.goto(small_url + "page.html")
    page.locator("#fig-slider").scroll_into_view_if_needed()
    upgraded(page, "#fig-slider")
    line = page.locator("#fig-slider .chart-live .mark-line.role-mark path").first
    before = line.get_attribute("d")
    page.locator("#fig-slider input").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("d => document.querySelector('#fig-slider .mark-line.role-mark path').getAttribute('d') !== d", arg=before)
    assert page.locator("#fig-slider input").input_value() == "1.5"
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function("document.querySelector('#fig-slider .chart-live svg').getBoundingClientRect().width < 380")
    page.wait_for_function("document.querySelector('#fig-slider input').value === '1.5'")


def test_print_shows_the_drawing(page, small_url):
    page.goto(small_url + "page.html")
    point_at(page, "#fig-band")
    upgraded(page, "#fig-band")
    page.emulate_media(media="print")
    assert page.locator("#fig-band .chart-picture svg >> visible=true").count() == 1
    assert not page.locator("#fig-band .chart-live").is_visible()
    page.emulate_media(media="screen")
    assert page.locator("#fig-band .chart-live").is_visible()


def test_no_script_is_evaluated_from_text(page, small_url):
    """Vega's interpreter does without `eval`, so that a strict content security policy does not stop it."""

    def with_policy(route):
        response = route.fetch()
        policy = "script-src 'self' 'unsafe-inline'"
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": policy})

    page.route("**/page.html", with_policy)
    errors = errors_of(page)
    page.goto(small_url + "page.html")
    for name in ("band", "scatter", "slider"):
        page.locator(f"#fig-{name} .chart-explore").evaluate("button => button.click()")
        upgraded(page, f"#fig-{name}")
    assert errors == []
    # Later, since the policy does not bind what the debugger itself runs.
    page.evaluate("setTimeout(() => { try { new Function('') } catch (error) { window.refused = error.name } })")
    page.wait_for_function("window.refused === 'EvalError'")


def test_works_from_a_file(page, small_site):
    errors = errors_of(page)
    page.goto((small_site / "page.html").as_uri())
    point_at(page, "#fig-scatter")
    upgraded(page, "#fig-scatter")
    assert errors == []


def test_drawing_stays_where_the_library_does_not_load(page, small_url):
    page.route("**/vega.js", lambda route: route.abort())
    page.goto(small_url + "page.html")
    with page.expect_event("pageerror") as failed:
        point_at(page, "#fig-band")
    assert "vega.js" in str(failed.value)
    assert page.locator("#fig-band .chart-wide svg").is_visible()

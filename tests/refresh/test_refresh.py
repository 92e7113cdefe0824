"""Refresh of the platform snapshots: what is stored, said, tried again and kept secret, against a server on this machine."""

import email.utils
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from forecast_server import FAST, HISTORY, MARKET, PATIENT, RANGE, TODAY, TOKEN, Service, in_turn, market, new_rows, post, send, stored, zero_point

from inference_scaling.forecasts import apis, refresh
from inference_scaling.forecasts.apis import ApiError

# The scale


@pytest.mark.parametrize(("place", "day"), HISTORY.items())
def test_positions_of_2021_give_the_dates_of_2021(place, day):
    found = apis.date_at(place, apis._Scaling(range_min=RANGE[0], range_max=RANGE[1], zero_point=zero_point()))
    # Positions are printed with five digits, which at the far end is a week.
    assert abs((found - date.fromisoformat(day)).days) <= 8


def test_without_zero_point_the_scale_is_linear():
    scaling = apis._Scaling(range_min=RANGE[0], range_max=RANGE[1], zero_point=None)
    middle = datetime.fromtimestamp(sum(RANGE) / 2, UTC).date()
    assert apis.date_at(0.5, scaling) == middle


@pytest.mark.parametrize("scaling", [(2.0, 1.0, None), (0.0, 1e9, 5e8), (0.0, 1e30, None), (-3e9, -2.9e9, None)])
def test_a_scale_that_cannot_be_is_refused(scaling):
    low, high, zero = scaling
    with pytest.raises(ApiError):
        apis.date_at(0.5, apis._Scaling(range_min=low, range_max=high, zero_point=zero))


# Good answers


def test_a_good_answer_adds_the_day_and_says_what_changed(ask, data, service):
    before = (data / "platform_snapshots.csv").read_text()
    report = ask()
    assert report.exit_code == 0 and not report.failures
    rows = new_rows(data)
    assert list(rows.loc["5121"].index) == ["p10", "p25", "p50", "p75", "p90"]
    dates = rows.loc["5121", "value_date"]
    assert dates.is_monotonic_increasing
    assert dates["p50"].date() == apis.date_at(0.62, apis._Scaling(range_min=RANGE[0], range_max=RANGE[1], zero_point=zero_point()))
    assert rows.loc[(MARKET, "probability"), "probability"] == 0.41
    assert rows.loc[(MARKET, "probability"), "event_before"] == pd.Timestamp("2030-01-01")
    assert set(before.splitlines()) < set((data / "platform_snapshots.csv").read_text().splitlines())
    assert any(line.startswith(f"manifold {MARKET} (stored 2026-08-20): probability 0.375 -> 0.41") for line in report.changes)
    assert any("metaculus 5121 (stored 2026-09-25): " in line and "p50 2031-03-16 -> " in line for line in report.changes)
    assert service.requests["/api/posts/5121/"][0]["Authorization"] == f"Token {TOKEN}"
    assert "Authorization" not in service.requests[f"/v0/market/{MARKET}"][0]


def test_a_second_time_on_the_same_day_replaces_the_day(ask, data, service):
    ask()
    first = stored(data)
    service.answers[f"/v0/market/{MARKET}"] = send(market(0.44))
    report = ask()
    assert len(stored(data)) == len(first)
    assert new_rows(data).loc[(MARKET, "probability"), "probability"] == 0.44
    assert any("probability 0.41 -> 0.44" in line for line in report.changes)
    assert any("p50" in line and "(unchanged)" in line for line in report.changes)


def test_quartiles_alone_will_do(ask, data, service):
    answer = post()
    answer["question"]["aggregations"]["recency_weighted"]["latest"]["forecast_values"] = None
    service.answers["/api/posts/5121/"] = send(answer)
    assert ask().exit_code == 0
    assert list(new_rows(data).loc["5121"].index) == ["p25", "p50", "p75"]


def test_a_resolved_question_is_noted_once_and_not_asked_again(ask, data, service):
    service.answers[f"/v0/market/{MARKET}"] = send(market(0.99, isResolved=True, resolution="YES"))
    service.answers["/api/posts/3479/"] = send(post(3479, status="resolved", resolution="2026-11-01T00:00:00Z"))
    assert ask().exit_code == 0
    rows = new_rows(data)
    assert rows.loc[(MARKET, "resolution"), "probability"] == 1
    assert rows.loc[("3479", "resolution"), "value_date"] == pd.Timestamp("2026-11-01")
    service.requests.clear()
    assert ask().exit_code == 0
    assert set(service.requests) == {"/api/posts/5121/"}


def test_an_annulled_market_needs_a_person(ask, service):
    service.answers[f"/v0/market/{MARKET}"] = send(market(isResolved=True, resolution="CANCEL"))
    report = ask()
    assert report.exit_code == 1 and "by hand" in report.failures[0]


# Retries


@pytest.mark.parametrize("pause", ["1", "http date"])
def test_a_pause_that_the_service_asks_for_is_kept(pause, ask, service):
    header = email.utils.format_datetime(datetime.fromtimestamp(time.time() + 2, UTC), usegmt=True) if pause == "http date" else pause
    service.answers[f"/v0/market/{MARKET}"] = in_turn(send({}, status=429, Retry_After=header), send(market()))
    start = time.monotonic()
    assert ask(PATIENT).exit_code == 0
    assert time.monotonic() - start > 0.9
    assert len(service.requests[f"/v0/market/{MARKET}"]) == 2


@pytest.mark.parametrize("pause", ["86400", "Fri, 31 Dec 2049 23:59:59 GMT"])
def test_a_pause_is_never_longer_than_the_limit(pause, ask, service):
    service.answers[f"/v0/market/{MARKET}"] = in_turn(send({}, status=429, Retry_After=pause), send(market()))
    start = time.monotonic()
    assert ask(PATIENT).exit_code == 0
    assert 0.9 < time.monotonic() - start < 2.5


def test_a_passing_fault_is_tried_again(ask, service):
    service.answers[f"/v0/market/{MARKET}"] = in_turn(send({}, status=500), send({}, status=503), send(market()))
    assert ask().exit_code == 0
    assert len(service.requests[f"/v0/market/{MARKET}"]) == 3


# The token


@contextmanager
def another_host():
    """A second server on another port and name, which records what reaches it."""
    other = Service()
    other.answers["/stolen"] = send(post())
    try:
        yield other, f"http://localhost:{other.server.server_address[1]}/stolen"
    finally:
        other.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_does_not_carry_the_token_elsewhere(status, ask, service):
    with another_host() as (other, target):
        service.answers["/api/posts/5121/"] = send({}, status=status, Location=target)
        report = ask()
        assert report.exit_code == 1 and "redirects to localhost" in report.failures[0]
        assert not other.requests


def test_the_token_is_in_no_message_and_no_file(ask, data, service, capfd, caplog):
    caplog.set_level("DEBUG")
    service.answers["/api/posts/5121/"] = send({"echo": TOKEN}, status=403)
    service.answers["/api/posts/3479/"] = send(f'{{"title": "{TOKEN}"'.encode())
    report = ask()
    assert len(report.failures) == 2
    said = "".join([*report.failures, *report.changes, *capfd.readouterr(), caplog.text])
    assert TOKEN not in said
    assert all(TOKEN.encode() not in path.read_bytes() for path in data.parent.rglob("*") if path.is_file())


@pytest.mark.parametrize("token", ["abc\r\nX-Evil: 1", "two words of a token", "tök" * 5, "x" * 500])
def test_what_is_no_token_is_not_sent_and_not_repeated(token, ask, service):
    report = ask(token=token)
    assert len(report.failures) == 2 and all("METACULUS_TOKEN" in line and token.strip() not in line for line in report.failures)
    assert not service.requests["/api/posts/5121/"]


def test_without_token_the_markets_are_still_read(ask, data):
    report = ask(token="")
    assert len(report.failures) == 2 and all("METACULUS_TOKEN" in line for line in report.failures)
    assert list(new_rows(data).index.get_level_values(0)) == [MARKET]


def test_the_token_is_not_sent_in_the_clear():
    with pytest.raises(ApiError, match="https only"):
        apis.metaculus("5121", TOKEN, base="http://metaculus.example", limits=FAST)


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(ask, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ask().exit_code == 0


# Titles


HOSTILE = '<script>alert(1)</script>\n# AGI | when? \x1b[31m\u202e {glue:text}`x` <img src=x onerror=alert(2)> $x$'


def test_a_title_is_stored_as_text_and_never_becomes_markup(ask, data, service):
    service.answers[f"/v0/market/{MARKET}"] = send(market(question=HOSTILE))
    report = ask()
    assert report.exit_code == 0
    title = new_rows(data).loc[(MARKET, "probability"), "title"]
    assert not re.search(r"[\x00-\x1f\x7f\u202e]", title) and "<script>" in title
    assert not any("\x1b" in line or "\n" in line for line in report.changes)
    page = stored(data)[["platform", "title"]].to_html()
    assert "&lt;script&gt;" in page and "<script" not in page and "<img" not in page


def test_a_long_or_empty_title_still_fits_the_table(ask, data, service):
    service.answers[f"/v0/market/{MARKET}"] = send(market(question="x" * 5000))
    service.answers["/api/posts/5121/"] = send(post() | {"title": "\u200b"})
    assert ask().exit_code == 0
    rows = new_rows(data)
    assert len(rows.loc[(MARKET, "probability"), "title"]) == 200
    assert rows.loc[("5121", "p50"), "title"] == "(no title)"


# Writing


def test_a_write_that_is_interrupted_leaves_the_old_table(ask, data, monkeypatch):
    before = (data / "platform_snapshots.csv").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    report = ask()
    assert report.exit_code == 1 and "No space left" in report.failures[0] and not report.changes
    assert (data / "platform_snapshots.csv").read_bytes() == before
    monkeypatch.undo()
    assert ask().exit_code == 0
    assert sorted(path.name for path in data.iterdir()) == ["platform_snapshots.csv", "platform_snapshots.yaml", "units.yaml"]


def test_a_kill_in_mid_write_leaves_the_old_table(ask, data, service):
    before = (data / "platform_snapshots.csv").read_bytes()
    script = (
        "import os\nfrom pathlib import Path\n"
        "from inference_scaling.forecasts import refresh\n"
        "os.fsync = lambda descriptor: os._exit(9)\n"
        f"refresh.run(Path({str(data)!r}))\n"
    )
    environment = os.environ | {"METACULUS_TOKEN": TOKEN, "INFERENCE_SCALING_METACULUS_URL": service.url, "INFERENCE_SCALING_MANIFOLD_URL": service.url}
    assert subprocess.run([sys.executable, "-c", script], env=environment, timeout=60).returncode == 9
    assert (data / "platform_snapshots.csv").read_bytes() == before
    assert ask().exit_code == 0


def test_a_table_that_would_not_pass_its_check_is_not_written(ask, data, monkeypatch):
    before = (data / "platform_snapshots.csv").read_bytes()
    monkeypatch.setattr(apis, "manifold", lambda *args, **kwargs: apis.Answer("title", 3, (apis.Reading("probability", probability=1.7),)))
    report = ask()
    assert report.exit_code == 1 and "did not pass its check" in report.failures[0]
    assert (data / "platform_snapshots.csv").read_bytes() == before


def test_a_spoiled_table_is_reported_before_anything_is_asked(ask, data, service):
    with (data / "platform_snapshots.csv").open("a") as file:
        file.write("metaculus,5121,yesterday,p50\n")
    report = ask()
    assert report.exit_code == 1 and "not valid" in report.failures[0] and not service.requests


def test_two_refreshes_at_once_lose_nothing(data, service):
    """Each knows one platform only; whichever writes last must keep the other's rows."""
    reports = []

    def one(addresses):
        reports.append(refresh.refresh(data, token=TOKEN, addresses=addresses, limits=FAST, today=TODAY))

    nowhere = "http://127.0.0.1:9"
    pairs = [{"metaculus": service.url, "manifold": nowhere}, {"metaculus": nowhere, "manifold": service.url}] * 3
    threads = [threading.Thread(target=one, args=(pair,)) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 6 and all(report.changes for report in reports)
    assert set(new_rows(data).index.get_level_values(0)) == {"5121", "3479", MARKET}


def test_a_lock_that_is_held_is_waited_for_and_then_reported(ask, data, monkeypatch):
    monkeypatch.setattr(refresh, "_LOCK_SECONDS", 0.2)
    folder = data.parent / ".cache" / "refresh"
    folder.mkdir(parents=True)
    before = (data / "platform_snapshots.csv").read_bytes()
    with refresh.FileLock(folder / "lock"):
        worker = threading.Thread(target=lambda: reports.append(ask()))
        reports = []
        worker.start()
        worker.join()
    assert reports[0].exit_code == 1 and "another refresh" in reports[0].failures[0]
    assert (data / "platform_snapshots.csv").read_bytes() == before


# The command


def test_the_command_says_what_changed_and_returns_its_code(data, service):
    environment = {name: value for name, value in os.environ.items() if name != "METACULUS_TOKEN"} | {"METACULUS_TOKEN": TOKEN}
    command = [sys.executable, "-m", "inference_scaling", "refresh", "--root", str(data.parent), "--metaculus-url", service.url, "--manifold-url", service.url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "probability 0.375 -> 0.41" in done.stdout and TOKEN not in done.stdout + done.stderr
    service.answers.pop("/api/posts/5121/")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "failed: metaculus 5121: " in done.stderr
    assert len(stored(data)[lambda rows: rows["snapshot_date"] > pd.Timestamp("2026-09-30")]) == 11

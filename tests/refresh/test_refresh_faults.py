"""Answers that must not be believed: nothing of the question changes, the other questions are stored, and the exit code tells."""

import json
import re
import time

import pandas as pd
import pytest
from forecast_server import FAST, MARKET, market, new_rows, post, send, stored


def drip(body: bytes, in_headers: bool):
    def act(handler):
        start = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
        if not in_headers:
            handler.wfile.write(start)
        for mark in (start if in_headers else b"") + body:
            handler.wfile.write(bytes([mark]))
            handler.wfile.flush()
            time.sleep(0.1)

    return act


def silence(handler):
    time.sleep(1)


def broken_off(handler):
    body = json.dumps(market()).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) + 100))
    handler.end_headers()
    handler.wfile.write(body)


def reset(handler):
    handler.connection.close()


def changed(**parts) -> dict:
    return {key: value for key, value in (market() | parts).items() if value is not None}


BAD_MARKETS = {
    "timeout": (silence, "no answer in time|no success|no connection"),
    "slow body": (drip(b"x" * 5000, in_headers=False), "within 1.5 s|in time"),
    "slow headers": (drip(b"x" * 5000, in_headers=True), "within 1.5 s|in time"),
    "server error": (send({"message": "x"}, status=500), "500|no success"),
    "rate limit": (send({"message": "x"}, status=429, Retry_After="0"), "429|no success"),
    "rate limit with nonsense": (send({"message": "x"}, status=429, Retry_After="soon"), "no usable answer|429"),
    "refused": (send({"message": "x"}, status=403), "refuses access"),
    "vanished": (send({"message": "no such contract"}, status=404), "404"),
    "cut off": (broken_off, "broke off"),
    "connection closed": (reset, "no connection|broke off"),
    "cut JSON": (send(json.dumps(market()).encode()[:-20]), "not the JSON"),
    "malformed JSON": (send(b"{'id': 1}"), "not the JSON"),
    "web page": (send(b"<!DOCTYPE html><title>Maintenance</title>"), "not the JSON"),
    "empty": (send(b""), "not the JSON"),
    "not UTF-8": (send(b'{"id": "\xff\xfe"}'), "not the JSON"),
    "list": (send([market()]), "form|JSON"),
    "deep nesting": (send(b"[" * 100_000), "not the JSON"),
    "oversized": (send(market(description="x" * 300_000)), "longer than"),
    "error as 200": (send({"message": "internal"}), "form that the API describes"),
    "field renamed": (send(changed(probability=None, prob=0.3)), "probability: "),
    "field is text": (send(changed(probability="0.41")), "probability: "),
    "field is a switch": (send(changed(probability=True)), "probability: "),
    "NaN": (send(json.dumps(market(float("nan"))).encode()), "probability: "),
    "infinite": (send(json.dumps(market()).replace("0.41", "1e999").encode()), "probability: "),
    "beyond one": (send(market(1.2)), "probability: "),
    "other kind": (send(market(outcomeType="POLL")), "outcomeType: "),
    "other market": (send(market(id="somethingelse")), "another market"),
}


@pytest.mark.parametrize("fault", BAD_MARKETS)
def test_a_bad_answer_never_replaces_good_data(fault, ask, data, service):
    act, message = BAD_MARKETS[fault]
    before = stored(data)
    service.answers[f"/v0/market/{MARKET}"] = act
    start = time.monotonic()
    report = ask()
    assert time.monotonic() - start < FAST.deadline + 1.5
    assert report.exit_code == 1
    assert len(report.failures) == 1 and re.search(message, report.failures[0]), report.failures
    assert report.failures[0].startswith(f"manifold {MARKET}: ")
    after = stored(data)
    pd.testing.assert_frame_equal(after[after["question_id"] == MARKET].reset_index(drop=True), before[before["question_id"] == MARKET].reset_index(drop=True))
    assert {"5121", "3479"} == set(new_rows(data).index.get_level_values(0))


def aggregate(**parts) -> dict:
    answer = post()
    answer["question"]["aggregations"]["recency_weighted"]["latest"] |= parts
    return answer


def without(*steps) -> dict:
    answer = post()
    part = answer
    for step in steps[:-1]:
        part = part[step]
    del part[steps[-1]]
    return answer


BAD_POSTS = {
    "median above the quartile": (aggregate(centers=[0.8]), "between the quartiles"),
    "median below the quartile": (aggregate(centers=[0.3]), "between the quartiles"),
    "quartiles exchanged": (aggregate(interval_lower_bounds=[0.72], interval_upper_bounds=[0.55]), "between the quartiles"),
    "beyond the range": (aggregate(interval_upper_bounds=[1.3]), "beyond the question's range"),
    "no centre": (aggregate(centers=[]), "centers"),
    "NaN": (aggregate(centers=[float("nan")]), "centers"),
    "text": (aggregate(centers=["0.62"]), "centers"),
    "null": (aggregate(centers=[None]), "centers"),
    "function falls": (aggregate(forecast_values=[0.1, 0.9, 0.5]), "falls"),
    "function of something else": (aggregate(forecast_values=[k / 200 for k in range(201)]), "does not agree"),
    "negative count": (aggregate(forecaster_count=-3), "forecaster_count"),
    "no community prediction": (post(aggregations={"recency_weighted": {"history": [], "latest": None}}), "no community prediction"),
    "aggregation renamed": (without("question", "aggregations", "recency_weighted"), "recency_weighted"),
    "no scale": (without("question", "scaling"), "scaling"),
    "scale of nulls": (post(scaling={"range_min": None, "range_max": None, "zero_point": None}), "scaling"),
    "binary question": (post(type="binary"), "type"),
    "group of questions": (without("question"), "question"),
    "other post": (post(5122), "about post 5122"),
    "resolved without date": (post(status="resolved", resolution="annulled"), "by hand"),
}


@pytest.mark.parametrize("fault", BAD_POSTS)
def test_a_bad_post_never_replaces_good_data(fault, ask, data, service):
    answer, message = BAD_POSTS[fault]
    service.answers["/api/posts/5121/"] = send(json.dumps(answer).encode())
    report = ask()
    assert report.exit_code == 1 and len(report.failures) == 1
    assert re.search(message, report.failures[0]), report.failures
    assert set(new_rows(data).index.get_level_values(0)) == {"3479", MARKET}


def test_nothing_at_all_leaves_the_file_as_it_is(ask, data, service):
    service.answers.clear()
    before = (data / "platform_snapshots.csv").read_bytes()
    report = ask()
    assert len(report.failures) == 3 and not report.changes
    assert (data / "platform_snapshots.csv").read_bytes() == before

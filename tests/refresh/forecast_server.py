"""A server on this machine that answers as the documented APIs of Metaculus and Manifold do, and what a test can make it do instead."""

import http.server
import json
import shutil
import threading
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from inference_scaling import tables
from inference_scaling.forecasts.apis import Limits

TOKEN = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"
TODAY = date(2026, 11, 22)
MARKET = "hh2bXhwKDTioZ7KtGKfC"
FAST = Limits(connect=1, read=0.3, deadline=1.5, retries=2, backoff=0.01, retry_after=1, size=200_000)
PATIENT = Limits(connect=1, read=0.3, deadline=6, retries=2, backoff=0.01, retry_after=1, size=200_000)

# Question 3479 as it was in 2021: range and ratio of the scale, and points of its history (position, date).
RANGE = (datetime(2020, 3, 27, tzinfo=UTC).timestamp(), datetime(2200, 1, 4, tzinfo=UTC).timestamp())
RATIO = 943.50
HISTORY = {0.59057: "2030-12-09", 0.70277: "2043-07-17", 0.84053: "2080-05-30", 0.75407: "2053-06-07", 0.8724: "2095-02-20"}


def zero_point() -> float:
    low, high = RANGE
    return (RATIO * low - high) / (RATIO - 1)


def post(question: int = 5121, lower: float = 0.55, median: float = 0.62, upper: float = 0.72, **changes) -> dict:
    """Answer of GET /api/posts/{id}/, reduced to what is read and some of what is not."""
    latest = {
        "start_time": 1763700000.0,
        "end_time": None,
        "forecast_values": cdf(lower, median, upper),
        "forecaster_count": 1850,
        "interval_lower_bounds": [lower],
        "centers": [median],
        "interval_upper_bounds": [upper],
        "means": None,
        "histogram": None,
    }
    question_part = {
        "id": question,
        "type": "date",
        "status": "open",
        "resolution": None,
        "scaling": {"range_min": RANGE[0], "range_max": RANGE[1], "zero_point": zero_point()},
        "open_upper_bound": True,
        "aggregations": {"recency_weighted": {"history": [], "latest": latest, "score_data": {}}, "unweighted": {"history": [], "latest": None}},
    }
    return {"id": question, "title": "first general AI system", "nr_forecasters": 1850, "question": question_part | changes}


def cdf(lower: float, median: float, upper: float) -> list[float]:
    """A distribution function on 201 points that passes through the quartiles and leaves something beyond both ends."""
    grid = [k / 200 for k in range(201)]
    knots = [(0.0, 0.01), (lower, 0.25), (median, 0.5), (upper, 0.75), (1.0, 0.97)]
    values = []
    for x in grid:
        (x0, y0), (x1, y1) = next((a, b) for a, b in zip(knots, knots[1:]) if x <= b[0])
        values.append(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
    return values


def market(probability: float = 0.41, **changes) -> dict:
    """Answer of GET /v0/market/{id}."""
    known = {"id": MARKET, "question": "Will we get AGI before 2030?", "outcomeType": "BINARY", "mechanism": "cpmm-1", "probability": probability}
    return known | {"isResolved": False, "uniqueBettorCount": 900, "createdTime": 1653850472294, "volume": 241.5} | changes


class Service:
    """A server of both APIs; `answers` maps a path to what is done there, and requests are counted with their headers."""

    def __init__(self):
        self.answers = {f"/api/posts/{number}/": send(post(number)) for number in (5121, 3479)}
        self.answers[f"/v0/market/{MARKET}"] = send(market())
        self.requests = defaultdict(list)
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                service.requests[self.path].append(dict(self.headers))
                try:
                    if self.path.startswith("/api/") and self.headers.get("Authorization") != f"Token {TOKEN}":
                        send({"detail": "Authentication credentials were not provided."}, status=401)(self)
                    else:
                        service.answers.get(self.path, send({"detail": "Not found."}, status=404))(self)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def send(content, status=200, **headers):
    """What a well-behaved server does: status, headers with the length, body."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def act(handler):
        handler.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | {k.replace("_", "-"): v for k, v in headers.items()}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return act


def in_turn(*acts):
    """A different answer each time, the last one from then on."""
    left = list(acts)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def small_table(folder: Path) -> Path:
    """Folder with the book's table of snapshots, cut down to the three questions that the server knows."""
    data, book = folder / "data", folder / "book"
    data.mkdir()
    book.mkdir()
    for name in ("platform_snapshots.yaml", "units.yaml"):
        shutil.copy(tables.DATA / name, data)
    shutil.copy(tables.DATA.parent / "book" / "references.bib", book)
    rows = pd.read_csv(tables.DATA / "platform_snapshots.csv", dtype=str, keep_default_na=False)
    known = rows["question_id"].isin(["5121", "3479", MARKET]) & rows["origin"].ne("api")
    rows[known].to_csv(data / "platform_snapshots.csv", index=False, lineterminator="\n")
    return data


def stored(data: Path) -> pd.DataFrame:
    return tables.load("platform_snapshots", directory=data)


def new_rows(data: Path) -> pd.DataFrame:
    rows = stored(data)
    return rows[rows["snapshot_date"] == pd.Timestamp(TODAY)].set_index(["question_id", "quantity"])

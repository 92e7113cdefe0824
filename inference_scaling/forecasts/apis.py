"""Current forecasts from the HTTP APIs of Metaculus and Manifold, checked before anybody uses them.

What is asked for, and the form of the answers: Metaculus, OpenAPI description 2.0.0 (``GET /api/posts/{id}/``, community prediction under
``question.aggregations.recency_weighted``, positions 0 to 1 on the question's scale); Manifold, API documentation (``GET /v0/market/{id}``).
"""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

import numpy as np
import requests
import urllib3
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

METACULUS_URL = "https://www.metaculus.com"
MANIFOLD_URL = "https://api.manifold.markets"
QUANTILES = {"p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90}

_AGENT = "inference-scaling-refresh/0.1"
_RETRIED = (429, 500, 502, 503, 504)
_TITLE_LENGTH = 200
_CDF_TOLERANCE = 0.01
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,200}")

Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


class ApiError(Exception):
    """A question that could not be read; the message says why and what to do, and never holds a token or an answer's text."""


@dataclass(frozen=True)
class Limits:
    """How long and how much is waited for.

    Attributes
    ----------
    connect, read : float
        Seconds for the connection, and between two pieces of an answer.
    deadline : float
        Seconds for one question in all: retries, pauses and slow answers included.
    retries : int
        Further attempts after a failed one.
    backoff : float
        Seconds before the second further attempt, doubled for each later one.
    retry_after : int
        Seconds, the longest pause that a service may ask for.
    size : int
        Bytes of the longest answer.
    """

    connect: float = 10.0
    read: float = 20.0
    deadline: float = 90.0
    retries: int = 3
    backoff: float = 1.0
    retry_after: int = 30
    size: int = 16_000_000


@dataclass(frozen=True)
class Reading:
    """One number of one question: a date at a quantile, a probability, or how the question was resolved."""

    quantity: str
    value_date: date | None = None
    probability: float | None = None


@dataclass(frozen=True)
class Answer:
    """What a platform says of a question now: its title as plain text, the number of forecasters, and its numbers."""

    title: str
    forecasters: int | None
    readings: tuple[Reading, ...]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Aggregate(_Part):
    forecaster_count: int | None = Field(default=None, ge=0)
    interval_lower_bounds: list[FiniteFloat] = Field(min_length=1)
    centers: list[FiniteFloat] = Field(min_length=1)
    interval_upper_bounds: list[FiniteFloat] = Field(min_length=1)
    forecast_values: list[Share] | None = None


class _Method(_Part):
    latest: _Aggregate | None


class _Aggregations(_Part):
    recency_weighted: _Method


class _Scaling(_Part):
    range_min: FiniteFloat
    range_max: FiniteFloat
    zero_point: FiniteFloat | None


class _DateQuestion(_Part):
    type: Literal["date"]
    status: str
    resolution: str | None = None
    scaling: _Scaling
    aggregations: _Aggregations


class _Post(_Part):
    id: int
    title: str
    question: _DateQuestion


class _Market(_Part):
    id: str
    question: str
    outcomeType: Literal["BINARY"]
    probability: Share
    isResolved: bool
    resolution: str | None = None
    resolutionProbability: Share | None = None
    uniqueBettorCount: int | None = Field(default=None, ge=0)


def metaculus(post: str, token: str, *, base: str = METACULUS_URL, limits: Limits | None = None) -> Answer:
    """Community prediction of a Metaculus question about a date.

    Parameters
    ----------
    post
        Number of the post, as in the question's address.
    token
        API token; sent to `base` only, and only over https or to this machine.
    base, limits
        Address of the service, and bounds on its answer.

    Raises
    ------
    ApiError
        No usable answer.
    """
    token = token.strip()
    if not token:
        raise ApiError("Metaculus answers only with a token: set the environment variable METACULUS_TOKEN")
    if not _TOKEN.fullmatch(token):
        raise ApiError("the value of METACULUS_TOKEN is not a token: it has characters or a length that no token has")
    body = _get(f"{base.rstrip('/')}/api/posts/{_part(post)}/", limits or Limits(), _Token(token))
    return read_metaculus(body, post)


def manifold(market: str, *, base: str = MANIFOLD_URL, limits: Limits | None = None) -> Answer:
    """Probability of a binary Manifold market by its id; no token is needed.

    Raises
    ------
    ApiError
        No usable answer.
    """
    return read_manifold(_get(f"{base.rstrip('/')}/v0/market/{_part(market)}", limits or Limits(), None), market)


def read_metaculus(body: bytes, post: str) -> Answer:
    """Dates of the quantiles in the answer of ``GET /api/posts/{id}/``.

    Quartiles are those that the service gives; the 10 and 90 per cent points come from its distribution function, if it is there and agrees with
    the quartiles, and are left out where they lie beyond the question's range.
    """
    found = _parsed(_Post, body)
    if str(found.id) != post:
        raise ApiError(f"the answer is about post {found.id}, not {post}")
    question, title = found.question, plain_text(found.title)
    if question.status == "resolved":
        return Answer(title, None, (Reading("resolution", value_date=_resolution_date(question.resolution)),))
    latest = question.aggregations.recency_weighted.latest
    if latest is None:
        raise ApiError("the answer holds no community prediction: the token's account may have no access to it")
    lower, median, upper = latest.interval_lower_bounds[0], latest.centers[0], latest.interval_upper_bounds[0]
    if not lower <= median <= upper:
        raise ApiError(f"the median does not lie between the quartiles ({lower:.4g}, {median:.4g}, {upper:.4g} on the question's scale)")
    if not 0 <= lower <= upper <= 1:
        raise ApiError(f"a quartile lies beyond the question's range ({lower:.4g} to {upper:.4g}, on a scale from 0 to 1)")
    places = {"p25": lower, "p50": median, "p75": upper} | _tails(latest, lower, median, upper)
    readings = [Reading(name, value_date=date_at(places[name], question.scaling)) for name in QUANTILES if name in places]
    return Answer(title, latest.forecaster_count, tuple(readings))


def read_manifold(body: bytes, market: str) -> Answer:
    """Probability in the answer of ``GET /v0/market/{id}``."""
    found = _parsed(_Market, body)
    if found.id != market:
        raise ApiError(f"the answer is about another market than {market}")
    title = plain_text(found.question)
    if not found.isResolved:
        return Answer(title, found.uniqueBettorCount, (Reading("probability", probability=found.probability),))
    outcome = {"YES": 1.0, "NO": 0.0, "MKT": found.resolutionProbability}.get(found.resolution or "")
    if outcome is None:
        raise ApiError("the market was closed without an answer to its question: take it out of the table's newest rows by hand")
    return Answer(title, found.uniqueBettorCount, (Reading("resolution", probability=outcome),))


def date_at(place: float, scaling: _Scaling) -> date:
    """Date at a position of 0 to 1 on a question's scale.

    The scale is linear in time, or with a zero point logarithmic in the time since then: at position x the date lies
    (r**x - 1) / (r - 1) of the way along the range, where r is the ratio of the distances of its ends from the zero point.
    """
    low, high, zero = scaling.range_min, scaling.range_max, scaling.zero_point
    if not low < high or (zero is not None and low <= zero <= high):
        raise ApiError(f"the question's scale is none: from {low:g} to {high:g}, zero point {zero}")
    ratio = 1.0 if zero is None else (high - zero) / (low - zero)
    way = place if np.isclose(ratio, 1) else np.expm1(place * np.log(ratio)) / (ratio - 1)
    try:
        found = datetime.fromtimestamp(low + (high - low) * float(way), UTC).date()
    except (OverflowError, OSError, ValueError):
        raise ApiError(f"the question's scale gives no date: from {low:g} to {high:g} seconds since 1970") from None
    if not 1990 <= found.year <= 2500:
        raise ApiError(f"the year {found.year} cannot be meant")
    return found


def plain_text(title: str) -> str:
    """A title on one line without control or direction marks, at most 200 characters; markup in it stays text."""
    kept = "".join(" " if unicodedata.category(mark)[0] in "CZ" else mark for mark in title)
    return " ".join(kept.split())[:_TITLE_LENGTH] or "(no title)"


def _tails(latest: _Aggregate, lower: float, median: float, upper: float) -> dict[str, float]:
    cdf = np.array(latest.forecast_values or [])
    if len(cdf) < 3:
        return {}
    if (np.diff(cdf) < 0).any():
        raise ApiError("the distribution function in the answer falls")
    grid = np.linspace(0, 1, len(cdf))
    for name, place in {"p25": lower, "p50": median, "p75": upper}.items():
        below, above = np.interp([place - _CDF_TOLERANCE, place + _CDF_TOLERANCE], grid, cdf)
        if not below <= QUANTILES[name] <= above:
            raise ApiError(f"the distribution function in the answer does not agree with its {name}")
    ends = {name: QUANTILES[name] for name in ("p10", "p90") if cdf[0] <= QUANTILES[name] <= cdf[-1]}
    return {name: float(np.interp(level, cdf, grid)) for name, level in ends.items()}


def _resolution_date(resolution: str | None) -> date:
    try:
        return datetime.fromisoformat(resolution or "").date()
    except ValueError:
        raise ApiError(f"the question is resolved, but not with a date ({plain_text(resolution or 'nothing')[:40]}): enter it by hand") from None


def _parsed[P: BaseModel](part: type[P], body: bytes) -> P:
    try:
        return part.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        if not where:
            raise ApiError(f"the answer is not the JSON that the API describes ({plain_text(first['msg'])})") from None
        raise ApiError(f"the answer does not have the form that the API describes: {where}: {plain_text(first['msg'])}") from None


def _part(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,100}", name):
        raise ApiError(f"{plain_text(name)!r} is not the id of a question")
    return name


class _Token(AuthBase):
    """Token header set by hand, so that no ~/.netrc is consulted in its place."""

    def __init__(self, token: str):
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {self._token}"
        return request


class _NoToken(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _get(url: str, limits: Limits, auth: AuthBase | None) -> bytes:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApiError(f"{url}: not an address of a service")
    if auth is not None and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ApiError(f"{parts.hostname}: the token is sent over https only")
    return _within(limits.deadline, parts.hostname, lambda until: _body(url, limits, auth or _NoToken(), until))


def _within(seconds: float, host: str, task: Callable[[float], bytes]) -> bytes:
    """Result of `task`, or ApiError when time is up: a service that drips single bytes resets every timeout of the socket."""
    outcome: list[bytes | Exception] = []

    def work() -> None:
        try:
            outcome.append(task(time.monotonic() + seconds))
        except Exception as error:
            outcome.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(seconds)
    if not outcome:
        raise ApiError(f"{host} did not answer in full within {seconds:g} s")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _body(url: str, limits: Limits, auth: AuthBase, until: float) -> bytes:
    host = urlsplit(url).hostname
    retry = urllib3.Retry(
        total=limits.retries,
        status_forcelist=_RETRIED,
        allowed_methods={"GET"},
        backoff_factor=limits.backoff,
        retry_after_max=limits.retry_after,
        raise_on_status=False,
    )
    with requests.Session() as session:
        # A proxy of the environment is for the world outside.
        session.trust_env = host not in _LOOPBACK
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        headers = {"User-Agent": _AGENT, "Accept": "application/json"}
        try:
            # A redirect is not followed: it could carry the token elsewhere.
            with session.get(url, headers=headers, auth=auth, timeout=(limits.connect, limits.read), stream=True, allow_redirects=False) as answer:
                _check_status(answer, host)
                return _content(answer, host, limits.size, until)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise ApiError(f"{host}: {_reason(error)}") from None


def _check_status(answer: requests.Response, host: str | None) -> None:
    status = answer.status_code
    if status == 404:
        raise ApiError(f"{host} no longer has the question (404): if it is gone for good, take it out of the table by hand")
    if status in (401, 403):
        raise ApiError(f"{host} refuses access ({status}): is METACULUS_TOKEN valid?")
    if 300 <= status < 400:
        target = urlsplit(answer.headers.get("Location", "")).hostname or host
        raise ApiError(f"{host} redirects to {plain_text(target or '')} ({status}), which is not followed: correct the service's address")
    if status != 200:
        raise ApiError(f"{host} answers {status}, after all attempts")


def _content(answer: requests.Response, host: str | None, size: int, until: float) -> bytes:
    pieces, total = [], 0
    while piece := answer.raw.read1(65_536, decode_content=True):
        pieces.append(piece)
        total += len(piece)
        if total > size:
            raise ApiError(f"{host}: the answer is longer than {size:,} bytes")
        if time.monotonic() > until:
            raise ApiError(f"{host} did not answer in full in time")
    return b"".join(pieces)


def _reason(error: Exception) -> str:
    """A short reason: messages of the HTTP libraries repeat addresses and object names."""
    kinds = [
        (requests.exceptions.SSLError, "the connection is not secure (certificate)"),
        (requests.exceptions.RetryError, "no success after all attempts"),
        ((requests.Timeout, urllib3.exceptions.TimeoutError), "no answer in time"),
        ((urllib3.exceptions.ProtocolError, requests.exceptions.ChunkedEncodingError), "the connection broke off within the answer"),
        (requests.ConnectionError, "no connection"),
    ]
    return next((text for kind, text in kinds if isinstance(error, kind)), f"no usable answer ({type(error).__name__})")

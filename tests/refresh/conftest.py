"""The local server, a small table, and one refresh of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from forecast_server import FAST, TODAY, TOKEN, Service, small_table

from inference_scaling.forecasts import refresh
from inference_scaling.forecasts.apis import Limits


@pytest.fixture
def service():
    found = Service()
    yield found
    found.close()


@pytest.fixture
def data(tmp_path) -> Path:
    return small_table(tmp_path)


@pytest.fixture
def ask(service, data):
    def run(limits: Limits = FAST, token: str = TOKEN) -> refresh.Report:
        return refresh.refresh(data, token=token, addresses={"metaculus": service.url, "manifold": service.url}, limits=limits, today=TODAY)

    return run

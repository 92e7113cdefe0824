"""Forecasts: statements as distributions, pools of them, and scores."""

from inference_scaling.forecasts.date_pools import BayesPrior, pool_dates
from inference_scaling.forecasts.dates import DateDistribution, StatementError, decimal_year
from inference_scaling.forecasts.pools import pool

__all__ = ["BayesPrior", "DateDistribution", "StatementError", "decimal_year", "pool", "pool_dates"]

"""Chart builders, one module a section: they take a study's summaries and return Altair charts without a theme."""

from inference_scaling.figures import agi_date, allocation, coverage, curves, domains, effort, horizons, platforms, prices, proof, surveys, takeoff

__all__ = ["agi_date", "allocation", "coverage", "curves", "domains", "effort", "horizons", "platforms", "prices", "proof", "surveys", "takeoff"]

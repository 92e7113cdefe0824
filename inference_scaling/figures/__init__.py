"""Chart builders, one module a section: they take a study's summaries and return Altair charts without a theme."""

from inference_scaling.figures import allocation, coverage, curves, domains, effort, horizons, prices

__all__ = ["allocation", "coverage", "curves", "domains", "effort", "horizons", "prices"]

"""Chart builders, one module a section: they take a study's summaries and return Altair charts without a theme."""

from inference_scaling.figures import allocation, coverage, domains, horizons

__all__ = ["allocation", "coverage", "domains", "horizons"]

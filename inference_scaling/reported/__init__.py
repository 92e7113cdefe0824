"""The numbers that each section of a chapter prints in its prose, taken from the section's study."""

from inference_scaling.reported import allocation, coverage, curves, domains, effort, horizons, prices, records

__all__ = ["allocation", "coverage", "curves", "domains", "effort", "horizons", "prices", "records"]

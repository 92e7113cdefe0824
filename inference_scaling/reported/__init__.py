"""The numbers that each section of a chapter prints in its prose, taken from the section's study."""

from inference_scaling.reported import agi_date, allocation, coverage, curves, domains, effort, horizons, platforms, prices, proof, records, surveys, takeoff

__all__ = ["agi_date", "allocation", "coverage", "curves", "domains", "effort", "horizons", "platforms", "prices", "proof", "records", "surveys", "takeoff"]

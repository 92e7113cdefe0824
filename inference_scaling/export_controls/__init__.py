"""Export controls: a fitted roofline of chips, the rules as data, and what the rules see of inference."""

from inference_scaling.export_controls.study import Study, study

__all__ = ["Study", "study"]

"""The deployment overhang: how many copies can be run, at what cost, and for how long that lasts."""

from inference_scaling.overhang import copies, decline, parallel, stock
from inference_scaling.overhang.copies import reader_copies
from inference_scaling.overhang.study import Study, study

__all__ = ["Study", "copies", "decline", "parallel", "reader_copies", "stock", "study"]

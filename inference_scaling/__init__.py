"""Data, Bayesian fits and forecasts behind the book on the inference scaling paradigm."""

import os

# Without this, one seed gives other draws with a cold than with a warm compile cache.
_FLAG = "numba__fastmath=False"
_flags = os.environ.get("PYTENSOR_FLAGS", "")
if _FLAG not in _flags:
    os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, [_flags, _FLAG]))

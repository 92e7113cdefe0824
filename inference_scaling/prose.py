"""Hand computed numbers to the prose: `say` glues them, the text inserts them by key."""

from __future__ import annotations

from myst_nb import glue

from inference_scaling.estimates import Estimate


def say(prefix: str, **values: Estimate | str) -> None:
    """Glue each value under the key `<prefix>-<name>`, underscores in names as hyphens.

    Parameters
    ----------
    prefix : str
        The section's name, so that keys never collide.
    **values
        An Estimate (printed as median and interval, and by its parts under `-value`, `-low`, `-high`), or text. Bare numbers are refused: only the caller
        knows how many of their digits mean anything.
    """
    for name, value in values.items():
        key = f"{prefix}-{name}".replace("_", "-")
        if isinstance(value, Estimate):
            texts = {"": str(value), "-value": value.value_text, "-low": value.low_text, "-high": value.high_text}
        elif isinstance(value, str):
            texts = {"": value}
        else:
            raise TypeError(f"say(): {name} is a {type(value).__name__}; pass an Estimate or text with the digits to print")
        for suffix, text in texts.items():
            glue(key + suffix, text, display=False)

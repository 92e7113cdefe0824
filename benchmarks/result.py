"""One measured figure with the limit it must keep."""

import operator
from dataclasses import dataclass

_KEPT = {"at most": operator.le, "at least": operator.ge}


@dataclass(frozen=True)
class Result:
    """A figure of a benchmark.

    Attributes
    ----------
    name : str
    value : float
    unit : str
    limit : tuple of ("at most" or "at least", float), optional
    note : str
        How it was measured, in a few words.
    """

    name: str
    value: float
    unit: str
    limit: tuple[str, float] | None = None
    note: str = ""

    @property
    def kept(self) -> bool:
        return self.limit is None or _KEPT[self.limit[0]](self.value, self.limit[1])

    def __str__(self) -> str:
        text = f"{self.name}: {self.value:.3g} {self.unit}"
        if self.limit:
            text += f" ({self.limit[0]} {self.limit[1]:g}: {'kept' if self.kept else 'MISSED'})"
        return f"{text}  [{self.note}]" if self.note else text

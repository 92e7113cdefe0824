"""The American rules on single chips since 2022, as data, and what each says of a chip.

Criteria come from the table export_rules. Two rules of the period set no criterion of their own for a finished chip: that of December 2024 on memory stacks sold
alone, and the rescinded framework of January 2025, which capped countries by the criteria of October 2023.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

RULES = {
    "oct2022": "October 2022: arithmetic and link",
    "oct2023": "October 2023: arithmetic or density",
    "apr2025": "April 2025: October 2023, and letters on bandwidth",
    "jan2026": "January 2026: October 2023, review case by case",
}
CAUGHT, REVIEWED, EXCEPTION, OUTSIDE, UNKNOWN = "licence needed", "case by case", "exception on notice", "outside", "cannot be told"
OUTCOMES = (CAUGHT, REVIEWED, EXCEPTION, OUTSIDE, UNKNOWN)
# Makers of the chips that the reports on the letters of April 2025 name; the limits were read in one maker's notice to its customers, and are assumed to be the others' too.
ADDRESSED = ("NVIDIA", "AMD", "Intel")


@dataclass(frozen=True)
class Measures:
    """What the rules measure of a chip; NaN where the sheet does not say.

    Attributes
    ----------
    tpp : total processing performance, TFLOP/s times bits.
    link, memory : bandwidth of the link between chips and of off-chip memory, GB/s.
    die : applicable die area, mm2.
    """

    tpp: float
    link: float = np.nan
    memory: float = np.nan
    die: float = np.nan

    def __post_init__(self) -> None:
        for name in ("tpp", "link", "memory", "die"):
            value = getattr(self, name)
            if not (np.isnan(value) and name != "tpp") and not 0 <= value < np.inf:
                raise ValueError(f"{name} must be 0 or more; got {value}")
        if self.die == 0:
            raise ValueError("die must lie above 0 mm2; got 0")

    @property
    def density(self) -> float:
        return self.tpp / self.die


def thresholds(table: pd.DataFrame, as_of: str | None = None) -> dict[str, dict[str, float]]:
    """Limits of each rule, by name of the criterion; " from" and " below" a name bound the TPP for which it holds.

    Parameters
    ----------
    table : DataFrame
        export_rules.
    as_of : str, optional
        ISO date; rules announced later are left out.

    Raises
    ------
    ValueError
        If a rule takes effect before it is announced.
    """
    wrong = table[table["effective"] < table["announced"]]
    if len(wrong):
        raise ValueError(f"effective must not precede announced; {wrong['criterion'].iloc[0]} takes effect on {wrong['effective'].iloc[0]:%Y-%m-%d}, announced {wrong['announced'].iloc[0]:%Y-%m-%d}")
    rows = table if as_of is None else table[table["announced"] <= as_of]
    limits = {}
    for row in rows.itertuples():
        found = limits.setdefault(row.rule, {})
        found[row.criterion] = row.threshold
        found |= {f"{row.criterion} {end}": value for end, value in (("from", row.tpp_from), ("below", row.tpp_below)) if np.isfinite(value)}
    return limits


def _both(*conditions: bool | None) -> bool | None:
    """All of them, in three-valued logic: None if unknown."""
    return False if False in conditions else None if None in conditions else True


def _either(*conditions: bool | None) -> bool | None:
    return True if True in conditions else None if None in conditions else False


def _at_least(value: float, limit: float) -> bool | None:
    return None if np.isnan(value) else bool(value >= limit)


def judge(chip: Measures, rule: str, limits: dict[str, dict[str, float]], addressed: bool = True) -> str:
    """What a rule says of a chip.

    Parameters
    ----------
    chip : Measures
    rule : key of RULES
    limits : as `thresholds` gives them
    addressed : bool
        Whether the maker had received a letter (April 2025 only).

    Returns
    -------
    str
        One of OUTCOMES.

    Raises
    ------
    ValueError
        For an unknown rule.
    """
    if rule not in RULES or rule not in limits:
        raise ValueError(f"rule must be one of {', '.join(RULES)}; got {rule!r}")
    t = limits[rule]
    if rule == "oct2022":
        return _outcome(_both(_at_least(chip.tpp, t["oct2022_b"]), _at_least(chip.link, t["oct2022_a"])))
    before = _october_2023(chip, limits["oct2023"])
    if rule == "oct2023":
        return before
    if rule == "apr2025":
        if before == CAUGHT or not addressed:
            return before
        parts = (chip.memory, t["apr2025_isinformed_dram"]), (chip.link, t["apr2025_isinformed_io"]), (chip.memory + chip.link, t["apr2025_isinformed_sum"])
        letter = _either(*(_at_least(*part) for part in parts))
        return CAUGHT if letter else before if letter is False else UNKNOWN
    if before != CAUGHT:
        return before
    under = _both(bool(chip.tpp < t["jan2026_tpp"]), None if np.isnan(chip.memory) else bool(chip.memory < t["jan2026_dram"]))
    return REVIEWED if under else CAUGHT if under is False else UNKNOWN


def _outcome(caught: bool | None) -> str:
    return CAUGHT if caught else OUTSIDE if caught is False else UNKNOWN


def _october_2023(chip: Measures, t: dict[str, float]) -> str:
    def dense(criterion: str) -> bool | None:
        inside = t[f"{criterion} from"] <= chip.tpp < t.get(f"{criterion} below", np.inf)
        return _both(bool(inside), _at_least(chip.density, t[criterion]))

    first = _either(_at_least(chip.tpp, t["oct2023_a1"]), dense("oct2023_a2"))
    if first:
        return CAUGHT
    second = _either(dense("oct2023_b1"), dense("oct2023_b2"))
    if first is None:
        return UNKNOWN
    return EXCEPTION if second else OUTSIDE if second is False else UNKNOWN


def judged(chips: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Outcome of every chip under every rule.

    Returns
    -------
    DataFrame
        chip, rule, outcome.
    """
    limits = thresholds(table)
    rows = []
    for chip in chips.itertuples():
        # On-chip memory is not DRAM: the rules' bandwidth does not measure it.
        memory = chip.memory_bandwidth if chip.memory_kind == "DRAM" else 0.0
        found = Measures(chip.tpp, chip.link_bandwidth, memory, chip.die_area)
        rows += [{"chip": chip.chip, "rule": rule, "outcome": judge(found, rule, limits, chip.maker in ADDRESSED)} for rule in RULES]
    return pd.DataFrame(rows)


def reader_rules(sheet: pd.DataFrame, rule: str, year: int) -> dict[str, int]:
    """What the explorer chart counts: chips released by the end of a year, by outcome under a rule.

    Parameters
    ----------
    sheet : DataFrame
        As `Study` holds it.
    rule : str
        The rule in words, one of RULES' values.
    year : int
        2020 to 2026.

    Returns
    -------
    dict
        chips, and one number for each outcome.

    Raises
    ------
    ValueError
        For another rule or year.
    """
    keys = {words: key for key, words in RULES.items()}
    if rule not in keys:
        raise ValueError(f"rule must be one of {'; '.join(keys)}; got {rule!r}")
    if not 2020 <= year <= 2026:
        raise ValueError(f"year must lie in 2020 to 2026; got {year}")
    here = sheet.loc[sheet["released"].dt.year <= year, keys[rule]]
    return {"chips": len(here), **{outcome: int((here == outcome).sum()) for outcome in OUTCOMES}}

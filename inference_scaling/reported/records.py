"""Numbers of the section on o3's records and of the contest problems."""

from inference_scaling import records


def numbers(o3: records.RecordStudy) -> dict[str, str]:
    """What the section prints, by key."""
    contests = o3.codeforces
    released = o3.retests[o3.retests["role"] == "independent"].set_index(["item", "conditions"])
    crowd = o3.checks["today"].set_index("item").loc["ARC-AGI-1, average crowd worker"]
    frontier, arc = (released.loc[item].sort_values("value").iloc[-1] for item in ("FrontierMath", "ARC-AGI-1"))
    gpqa = released.loc["GPQA Diamond"].iloc[0]
    return dict(
        problems=f"{contests.problems}",
        attempts=f"{contests.attempts:,}",
        one=f"{100 * contests.pass_at_1:.0f} %",
        ten=f"{contests.expected_unranked:.0f}",
        ranked=f"{contests.solved_after_ranking}",
        oracle=f"{contests.solved_by_oracle}",
        ranker=f"{100 * contests.ranker_share:.0f} %",
        frontier_record=f"{frontier['record']:.1f}",
        frontier=f"{frontier['value']:.1f} ± {frontier['standard_error']:.1f}",
        gpqa_record=f"{gpqa['record']:.1f}",
        gpqa=f"{gpqa['value']:.1f} ± {gpqa['standard_error']:.1f}",
        arc_record=f"{arc['record']:.1f}",
        arc=f"{arc['value']:.1f}",
        crowd_claimed=f"{crowd['claimed']:.0f}",
        crowd=f"{crowd['found']:.1f}",
    )

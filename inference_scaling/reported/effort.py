"""Numbers of the section on o3 on ARC-AGI."""

from inference_scaling import effort
from inference_scaling.estimates import Estimate, share


def numbers(arc: effort.EffortStudy) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    spoken = arc.token_share["share"]
    always, partly = effort.HUMAN_ASSUMPTIONS
    top, low = arc.falls[0.875], arc.falls[0.757]
    dollar = top[top["cost_usd_per_task"] < 1].iloc[0]
    retail = {f"{r.model}, {r.date_observed:%Y-%m}": f"{r.cost_usd_per_task:,.0f}" for r in arc.other_prices.itertuples()}
    return dict(
        first=arc.bases["first prices"].value_text,
        pro=arc.bases["o3-pro prices"].value_text,
        o1_pro=arc.bases["o1-pro prices"].value_text,
        bases=f"{arc.task_cost['today']['n_bases']}",
        share=f"{round(arc.task_cost['today']['share'] * arc.task_cost['today']['n_bases'])}",
        o3_launch=retail["o3, 2025-05"],
        o3_cut=retail["o3, 2025-06"],
        samples=f"{arc.previews['samples'].max():,}",
        few=f"{arc.previews['samples'].min()}",
        score=f"{100 * arc.previews['score'].max():.1f} %",
        ratio=f"{effort.COMPUTE_RATIO:.0f}",
        bound_low=f"{effort.COST_BOUNDS[0]:,.0f}",
        bound_high=f"{effort.COST_BOUNDS[1]:,.0f}",
        low_first=f"{low['factor'].iloc[-1] * low['cost_usd_per_task'].iloc[-1]:.0f}",
        sample_tokens=f"{arc.token_share['per_task']['low'] / arc.previews['samples'].min():,.0f}",
        brute=arc.brute_force,
        ladder=arc.typical_slope,
        beats=share(arc.ladder_beats),
        ladders=f"{len(arc.slopes)}",
        least=f"{arc.slopes['value'].min():.1f}",
        most=f"{arc.slopes['value'].max():.1f}",
        dollar_cost=f"{dollar['cost_usd_per_task']:.2f}",
        dollar_score=f"{100 * dollar['score']:.0f} %",
        dollar_date=f"{dollar['release_date'].day} {dollar['release_date']:%B %Y}",
        dollar_factor=f"{dollar['factor']:,.0f}",
        low_cost=f"{low['cost_usd_per_task'].iloc[-1]:.2f}",
        low_factor=f"{low['factor'].iloc[-1]:.0f}",
        high_tokens=f"{arc.token_share['per_task']['high'] / 1e6:.0f} million",
        low_tokens=f"{arc.token_share['per_task']['low'] / 1e6:.2f} million",
        share_low=spoken[always, "low"],
        share_high=spoken[always, "high"],
        thousandth=share(arc.token_share["below_a_thousandth"][always, "low"]),
        p_always=share(arc.token_share["probability"][always]),
        p_partly=share(arc.token_share["probability"][partly]),
    )

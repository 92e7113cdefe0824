"""Numbers of the section on time horizons."""

from inference_scaling import horizons
from inference_scaling.estimates import Estimate, number_text, share


def numbers(tasks: horizons.Study) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    shift, probability = tasks.shift, tasks.probability
    by_assumption = tasks.sensitivity.set_index("assumption")
    steeper = tasks.steeper.set_index(["rows", "date"])
    near = tasks.neighbours.set_index(["at_least", "trend"])["probability"]
    loo, pairs = tasks.loo.set_index("trend")["elpd"], tasks.same_base
    return dict(
        line=shift["today"]["line"],
        kink=shift["today"]["kink"],
        curve=shift["today"]["curve"],
        factor=f"{2 ** shift['today']['line'].value:.1f}",
        p_line=share(probability["today"]["line"]),
        p_kink=share(probability["today"]["kink"]),
        p_curve=share(probability["today"]["curve"]),
        p_frontier=share(by_assumption.loc["frontier rows only", "probability"]),
        p_flag=share(by_assumption.loc["Claude 3.7 Sonnet counted as not reasoning-trained", "probability"]),
        p_eighty=share(by_assumption.loc["80 % horizon instead of 50 %", "probability"]),
        p_suite=share(by_assumption.loc["suite 1.0, with models behind the frontier", "probability"]),
        p_shared=share(by_assumption.loc["half of the measurement variance shared", "probability"]),
        some=share(near[0.0, "line"]),
        prior=share(tasks.prior),
        fixed=share(steeper.loc[("all", "fixed"), "steeper"]),
        free=share(steeper.loc[("all", "free"), "steeper"]),
        late=share(steeper.loc[("all", "free"), "second_half_2024"]),
        late_frontier=share(steeper.loc[("frontier", "free"), "second_half_2024"]),
        late_prior=share(6 / tasks.kinks["date"].nunique()),
        forward_line=number_text(tasks.forward["line"], 1),
        forward_kink=number_text(tasks.forward["kink"], 1),
        forward_curve=number_text(tasks.forward["curve"], 1),
        loo_line=number_text(loo["line"], 1),
        loo_kink=number_text(loo["kink"], 1),
        loo_curve=number_text(loo["curve"], 1),
        pair_first=f"{pairs['doublings'][0]:.1f}",
        pair_second=f"{pairs['doublings'][1]:.1f}",
        pair_error=f"{pairs['standard_error'].max():.1f}",
        ceiling=f"{horizons.CEILING_MINUTES:.0f}",
        last=f"{tasks.replication['published'].iloc[3]:.1f}",
    )

"""Numbers of the sections on o1's curves and on effort ladders."""

from inference_scaling import curves, ladders, problem_sets
from inference_scaling.estimates import Estimate, number_text, share


def numbers(fitted: curves.Study, sets: problem_sets.Study, steps: ladders.Study) -> dict[str, Estimate | str]:
    """What the sections print, by key."""
    benchmarks = steps.by_benchmark.set_index("benchmark")["middle"]
    known = benchmarks.drop("a new benchmark")
    exams = known[known >= ladders.HALF]
    tight = f"best known below {ladders.TIGHT:.0f} %"
    by_rows = steps.sensitivity["P(S)"]
    text: dict[str, Estimate | str] = {
        "limit": f"{curves.SAG_LIMIT:.0f}",
        "problems": f"{problem_sets.AIME_PROBLEMS}",
        "these": sets.these,
        "alike": sets.alike,
        "set_sd": f"{sets.deviation:.1f}",
        "resampled_sd": f"{sets.resampled:.1f}",
        "alike_p": share(sets.probability_alike),
        "spread": sets.spread,
        "log_odds": sets.log_odds,
        "bend": f"{abs(sets.bend.value):.1f}",
        "keep": steps.keep["today"],
        "keep_then": steps.keep["2025-01"],
        "tight_limit": f"{ladders.TIGHT:.0f}",
        "tight_sag": f"{curves.NEIGHBOURS[0]:g}",
        "unsaturated": f"{ladders.UNSATURATED:.0f}",
        "ladders": f"{steps.counts['today']['ladder']}",
        "models": f"{steps.counts['today']['model']}",
        "vendors": f"{steps.counts['today']['vendor']}",
        "benchmarks": f"{steps.counts['today']['benchmark']}",
        "keeping": f"{len(exams)}",
        "exam_low": f"{exams.min():.1f}",
        "exam_high": f"{exams.max():.1f}",
        "ifbench": f"{benchmarks['IFBench']:.1f}",
        "effort_slope": f"{steps.votes['effort']:.0f}",
        "votes_slope": f"{steps.votes['votes']:.0f}",
        "service_gap": f"{(steps.services.iloc[:, 0] - steps.services.iloc[:, 1]).abs().max():.1f}",
        "p_tight": share(by_rows[tight]),
        "p_all": share(by_rows["all benchmarks"]),
        "p_thinking": share(by_rows["settings that think"]),
        "p_not_openai": share(by_rows["without OpenAI"]),
    }
    for date, by_model in steps.probabilities.items():
        text |= {f"p_{name}_{'then' if date != 'today' else 'now'}": share(p) for name, p in by_model.items()}
    text |= {f"p0_{name}": share(p) for name, p in steps.priors.items()}
    text |= {f"ladder_score_{name}": number_text(score, 1) for name, score in steps.log_scores.items()}
    for axis, panel in fitted.panels.items():
        kind = axis.removesuffix("_time")
        slope, error, r2 = panel.least_squares
        table = panel.comparison
        text |= {
            f"{kind}_ols": f"{slope:.1f}",
            f"{kind}_se": f"{error:.1f}",
            f"{kind}_r2": f"{r2:.3f}",
            f"{kind}_span": f"{panel.span:.2f}",
            f"{kind}_slope": panel.slope,
            f"{kind}_sag": panel.sag,
            f"{kind}_saturates": share(panel.saturates),
            f"{kind}_accelerates": share(panel.accelerates),
            f"{kind}_prior_low": share(panel.sensitivity["P(S)"].min()),
            f"{kind}_prior_high": share(panel.sensitivity["P(S)"].max()),
            f"{kind}_tight": share(panel.bounds.loc["quadratic", f"{curves.NEIGHBOURS[0]:g} points"]),
            f"{kind}_first": f"{curves.FORWARD_DOTS[axis]}",
            f"{kind}_dots": f"{len(panel.dots)}",
        }
        for model in table.index:
            key = f"{kind}_{model.replace(' ', '_')}"
            text |= {
                f"{key}_forward": number_text(table.loc[model, "forward log score"], 1),
                f"{key}_loo": number_text(table.loc[model, "leave-one-out log score"], 1),
            }
        text |= {f"{kind}_p_{model}": share(p) for model, p in panel.probabilities.items()}
        text |= {f"{kind}_p0_{model}": share(p) for model, p in panel.priors.items()}
    return text

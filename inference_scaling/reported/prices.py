"""Numbers of the section on the price of a given capability."""

from inference_scaling import claims, prices
from inference_scaling.estimates import Estimate, number_text, share

THREE = "three benchmarks of The Price of Progress only"


def by_row_set(cost: prices.PriceStudy) -> dict[str, float]:
    """P(S) today under either set of benchmarks: all six, their models weighted by forward score, and the three first declared."""
    weight, p = claims.weights(cost.log_scores), cost.as_of["today"].probabilities
    return {
        "six benchmarks": sum(weight[name] * p[name] for name in p),
        "three benchmarks": float(cost.sensitivity.set_index("variant").loc[THREE, "probability_s"]),
    }


def numbers(cost: prices.PriceStudy) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    rate = cost.rates.set_index("label")
    primary = prices.PRIMARY
    varied = cost.sensitivity.set_index("variant")

    def row(label):
        return Estimate(*rate.loc[label, ["value", "low", "high"]], mcse=rate.loc[label, "mcse"])

    def simulated(name, true_fall):
        return cost.bias[name].set_index("true_fall").loc[true_fall]

    none = simulated("GPQA Diamond", 1.0)
    facts = {name: f"{value:.0f}" for name, value in cost.frontier_facts.items()}
    return dict(
        mmlu=f"{rate.loc["MMLU at GPT-3's level, per token", 'value']:.1f}",
        gpqa=f"{rate.loc['GPQA Diamond, per run', 'value']:.1f}",
        aime=f"{rate.loc['OTIS Mock AIME, per run', 'value']:.1f}",
        fits=facts["fits"],
        points=facts["points"],
        model_prices=facts["model_prices"],
        median=facts["median"],
        low=f"{prices.FALL_BOUNDS[0]:.0f}",
        high=f"{prices.FALL_BOUNDS[1]:.0f}",
        phi4=facts["ended_by_phi4"],
        without_phi4=facts["median_without_phi4"],
        no_fall=f"{none['median']:.0f}",
        no_fall_low=f"{none['low']:.1f}",
        three_fold=f"{simulated('GPQA Diamond', 3.0)['median']:.0f}",
        token_no_fall=f"{simulated('median of all fits', 1.0)['median']:.0f}",
        gpqa_true=f"{cost.explained_by['GPQA Diamond']:.1f}",
        token_true=f"{cost.explained_by['median of all fits']:.0f}",
        typical=cost.as_of["today"].falls[primary],
        rows=f"{cost.as_of['today'].n_rows}",
        p=share(cost.as_of["today"].probabilities[primary]),
        prior=share(cost.as_of["today"].priors[primary]),
        frontier=cost.as_of["today"].falls["stochastic frontier"],
        student=cost.as_of["today"].falls["Student t trend"],
        three=varied.loc[THREE, "fall"],
        three_p=share(varied.loc[THREE, "probability_s"]),
        spread=cost.spread.value_text,
        then_rows=f"{cost.as_of['2025-01'].n_rows}",
        hindsight=cost.as_of["2025-01 in hindsight"].falls[primary],
        after=row("priced after it"),
        per_run=row("per run, three benchmarks"),
        per_token=row("per token, same rows"),
        epoch_token=row("per token, Epoch AI's rows"),
        between=row("between models"),
        within=row("within a model, cuts only"),
        mixture=row("mixture of the two"),
        hosts_cuts=row("hosts' monthly prices, cuts only"),
        hosts_all=row("hosts' monthly prices, rises too"),
        listings=f"{cost.first_party['listings']}",
        changed=f"{cost.first_party['changed']}",
        fell=f"{cost.first_party['fell']}",
        coverage=f"{100 * cost.coverage:.0f} %",
        later=f"{cost.forward['n_rows'].iloc[0]}",
        **{f"forward_{name}": number_text(score, 0) for name, score in zip(("normal", "frontier", "student"), cost.log_scores.values())},
        **{f"loo_{name}": number_text(elpd, 0) for name, elpd in zip(("normal", "frontier", "student"), cost.loo["elpd"])},
        loo_se=f"{cost.loo['se'].iloc[0]:.0f}",
        refitted=f"{cost.loo['refitted'].sum()}",
    )

"""Numbers of the sections on search against training."""

import pandas as pd

from inference_scaling.bootstrapping import curves, frontier, search, tradeoff
from inference_scaling.estimates import Estimate, number_text, share

SIZES = {
    "Hex networks, tree search": "best network for its training compute",
    "chess networks, tree search": "three sizes on the same data",
    "reasoning models, votes": "distilled models of one family",
    "Pythia, samples with answer key": "one family on the same data",
    "Llama 3B, search with verifier": "one family, several generations",
}
SHORT = dict(zip(curves.KINDS, ("thinking", "votes", "faulty", "key", "chess"), strict=True))


def numbers(hexes: frontier.Study, searched: search.Study, traded: tradeoff.Study) -> dict[str, Estimate | str]:
    """What the sections print, by key."""
    return _frontier(hexes) | _kinds(searched) | _search(searched) | _tradeoff(traded)


def _frontier(study: frontier.Study) -> dict[str, Estimate | str]:
    found = study.replication.set_index("coefficient")
    bias = study.bias.set_index("case")
    cases = dict(zip(("exact", "none", "some", "more"), frontier.SHORTFALLS, strict=True))
    flat, climb = frontier.SHORTFALLS[cases["more"]]
    text = {f"hex_bias_{name}": number_text(-bias.loc[case, "elo_per_decade"], 0) for name, case in cases.items()}
    return text | dict(
        hex_published=number_text(found.loc["incline_per_decade", "published"], 0),
        hex_recomputed=number_text(found.loc["incline_per_decade", "recomputed"], 0),
        hex_runs_low=number_text(study.by_runs[0], 0),
        hex_runs_high=number_text(study.by_runs[1], 0),
        hex_residual=number_text(study.root_mean_square, 0),
        hex_wobble=number_text(study.wobble, 0),
        hex_bias_part=f"{-100 * bias.loc[cases['more'], 'elo_per_decade'] / found.loc['incline_per_decade', 'recomputed']:.0f}",
        hex_supposed=number_text(flat, 0),
        hex_supposed_climb=number_text(climb, 0),
        hex_from=number_text(-frontier.CLIMB[0], 0),
        hex_to=number_text(-frontier.CLIMB[1], 0),
        **{f"hex_slope_{board}": number_text(slope, 0) for board, slope in study.slopes.items()},
    )


def _kinds(study: search.Study) -> dict[str, Estimate | str]:
    kinds = study.by_kind.set_index("kind")
    text: dict[str, Estimate | str] = {}
    for kind, name in SHORT.items():
        row = kinds.loc[kind]
        text |= {f"kept_{name}": f"{row['kept']:.2f}", f"ratio_{name}": f"{row['ratio']:.2f}", f"span_{name}": f"{row['span']:.1f}", f"curves_{name}": f"{row['curves']:.0f}"}
        text |= {f"p_{name}": share(row["own"]), f"p_two_{name}": share(row["at_2"]), f"p_half_{name}": share(row["at_2_5"]), f"p_odds_{name}": share(row["log_odds"]), f"p0_{name}": share(row["prior"])}
    key = study.by_curve[study.by_curve["kind"] == "samples, answer key"]
    covered = study.covered.set_index("kind")
    return text | dict(
        kept_thinking_low=f"{kinds.loc['longer thinking', 'kept_low']:.1f}",
        kept_thinking_high=f"{kinds.loc['longer thinking', 'kept_high']:.1f}",
        p_odds_two_key=share(kinds.loc["samples, answer key", "log_odds_at_2"]),
        mini=f"{study.by_curve.set_index('curve').loc['o1-mini on AIME 2024', 'measured']:.2f}",
        p0_two=share(kinds["prior_at_2"].mean()),
        p0_half=share(kinds["prior_at_2_5"].mean()),
        p_s_key=share(kinds.loc["samples, answer key", "s_curve"]),
        key_below=f"{(key['measured_log_odds'] < curves.HALF).sum()}",
        key_odds_low=f"{key['measured_log_odds'].min():.2f}",
        key_odds_high=f"{key['measured_log_odds'].max():.2f}",
        key_above=f"{(key['measured'] > 1).sum()}",
        key_ends=f"{covered.loc['samples, answer key', 'ends']}",
        key_inside=f"{covered.loc['samples, answer key', curves.FORMS[0]]}",
        key_inside_line=f"{covered.loc['samples, answer key', curves.REFERENCE]}",
    )


def _search(study: search.Study) -> dict[str, Estimate | str]:
    power, s_curve = curves.FORMS
    chess = study.chess_scales.set_index(["openings", "scale"])
    text: dict[str, Estimate | str] = {}
    for book in ("balanced", "unbalanced"):
        for scale in ("elo", "normalised"):
            text[f"chess_{book}_{scale}"] = f"{chess.loc[(f'{book} openings', scale), 'ratio']:.2f}"
    balanced = chess.loc[("balanced openings", "elo")]
    for name, form in (("power", power), ("s", s_curve), ("line", curves.REFERENCE)):
        text |= {f"score_{name}": number_text(study.log_scores[form], 1), f"inside_{name}": f"{study.covered[form].sum()}"}
    choice = study.sensitivity.set_index("choice")
    others = choice["probability"].drop("main analysis")
    return text | dict(
        drawn_first=f"{100 * (1 - balanced['decided_first']):.0f}",
        drawn_last=f"{100 * (1 - balanced['decided_last']):.0f}",
        curves=f"{study.counts['today'][0]}",
        kinds=f"{study.counts['today'][1]}",
        shortest=f"{curves.SHORTEST:.2f}",
        p_today=share(study.probabilities["today"][power]),
        p_s_today=share(study.probabilities["today"][s_curve]),
        p0=share(study.priors["today"][power]),
        p0_s=share(study.priors["today"][s_curve]),
        p_mean=share(choice.loc["main analysis", "probability"]),
        p0_mean=share(choice.loc["main analysis", "prior"]),
        p_low=share(others.min()),
        p_high=share(others.max()),
        p_odds=share(choice.loc["scores in log odds", "probability"]),
        held=f"{study.covered['ends'].sum()}",
    )


def kinds_table(study: search.Study) -> pd.DataFrame:
    """The kinds of search as the page shows them, numbers as text."""
    kinds = study.by_kind
    chances = {"own length": "own", "over two decades": "at_2", "over two and a half": "at_2_5", "own length, log odds": "log_odds", "two decades, log odds": "log_odds_at_2", "before data": "prior"}
    head = {"Way of searching": kinds["kind"], "Curves": kinds["curves"].map(str), "Decades": kinds["span"].map("{:.1f}".format)}
    kept = [f"{row.kept:.2f} [{row.kept_low:.2f}, {row.kept_high:.2f}]" for row in kinds.itertuples()]
    return pd.DataFrame(head | {"Kept per decade": kept} | {f"P, {name}": kinds[column].map(share) for name, column in chances.items()})


def multiples_table(study: tradeoff.Study) -> pd.DataFrame:
    """What a hundredfold search is worth in each setting, and how size is counted there."""
    rows = study.multiples
    worth = [f"{times(row.value)} [{times(row.low)}, {times(row.high)}]" if row.value == row.value else f"at most {times(row.high)}" for row in rows.itertuples()]
    return pd.DataFrame({"Setting": rows["setting"], "Judge": rows["judge"], "Size is counted over": rows["setting"].map(SIZES), "Times the parameters": worth})


def times(value: float) -> str:
    """A multiple with two digits below a hundred, to the nearest ten above."""
    return f"{value:.2g}" if value < 100 else f"{round(value, -1):,.0f}"


def _tradeoff(study: tradeoff.Study) -> dict[str, Estimate | str]:
    rate = study.exchange.set_index("setting")
    value = study.multiples.set_index("setting")
    pair = study.pairs.set_index("pair")
    near = study.neighbours

    def interval(setting: str) -> str:
        low, high = (number_text(rate.loc[setting, end], 2) for end in ("low", "high"))
        return f"{number_text(rate.loc[setting, 'value'], 2)} [{low}, {high}]"

    text: dict[str, Estimate | str] = {}
    for name, setting in {"chess": "chess networks, tree search", "votes": "reasoning models, votes", "key": "Pythia, samples with answer key", "verifier": "Llama 3B, search with verifier"}.items():
        text |= {f"times_{name}{end and '_' + end}": times(value.loc[setting, end or "value"]) for end in ("", "low", "high")}
    for family, (middle, sd) in study.votes.items():
        name = family.split(",")[0].lower()
        text |= {f"votes_{name}": times(10**middle), f"votes_{name}_low": times(10 ** (middle - 1.645 * sd)), f"votes_{name}_high": times(10 ** (middle + 1.645 * sd)), f"votes_{name}_decades": f"{2 * 1.645 * sd:.0f}"}
    first = tradeoff.POOLS[0]
    choice = study.sensitivity.set_index("choice")["probability"]
    without = choice[choice.index.str.startswith("without")]
    return text | dict(
        hex_bound=times(10 ** study.hex["equal test compute"]),
        hex_nodes=times(10 ** study.hex["equal nodes"]),
        jones=f"{rate.loc['Hex (Jones)', 'value']:.1f}",
        gsm_size=interval("GSM8K, smaller model"),
        gsm_tokens=interval("GSM8K, fewer tokens"),
        math_size=interval("MATH, smaller model"),
        math_tokens=interval("MATH, fewer tokens"),
        step_gsm=f"{10 ** (1 + rate.loc['GSM8K, smaller model', 'value']):.1f}",
        step_math=f"{10 ** (1 + rate.loc['MATH, smaller model', 'value']):.1f}",
        cost_gsm=f"{10 ** rate.loc['GSM8K, smaller model', 'value']:.2f}",
        samples_gsm=study.samples["GSM8K"],
        samples_math=study.samples["MATH"],
        llama_train=f"{pair.loc['Llama', 'train_factor']:.0f}",
        llama_test=f"{pair.loc['Llama', 'test_factor']:.2f}",
        llama_budget=f"{pair.loc['Llama', 'budget']:.0f}",
        llama_points=number_text(pair.loc["Llama", "math_500"], 1),
        r_one=number_text(pair.loc["DeepSeek-R1", "exchange"], 2),
        r_one_printed=number_text(pair.loc["DeepSeek-R1", "as_printed"], 2),
        r_one_points=number_text(-pair.loc["DeepSeek-R1", "math_500"], 1),
        r_one_train=f"{pair.loc['DeepSeek-R1', 'train_factor']:.1f}",
        chess_value=times(study.value_nets),
        new=study.new["today"],
        p_size=share(study.probabilities["today"][first]),
        p0_size=share(study.priors[first]),
        p_without_low=share(without.min()),
        p_without_high=share(without.max()),
        p_value=share(choice["chess from the value nets"]),
        p_ten=share(near.iloc[0]["probability"]),
        p_open=share(near.iloc[-1]["probability"]),
        settings=f"{len(study.multiples)}",
        settings_in=f"{int(study.multiples['value'].between(tradeoff.LOW, tradeoff.HIGH).sum())}",
        settings_in_value=f"{int(study.multiples['value'].between(tradeoff.LOW, tradeoff.HIGH).sum()) - (not tradeoff.LOW <= study.value_nets <= tradeoff.HIGH)}",
        score_alike=number_text(study.log_scores[first], 1),
        score_tails=number_text(study.log_scores[tradeoff.POOLS[1]], 1),
        score_apart=number_text(study.log_scores[tradeoff.POOLS[2]], 1),
    )

"""Everything that the chapter on the deployment overhang reports, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inference_scaling import prices, tables
from inference_scaling.estimates import Estimate
from inference_scaling.overhang import copies, decline, parallel, statements, stock
from inference_scaling.overhang.statements import AS_OF, DRAWS, LAST_DAY, O3_HIGH, O3_LOW, TASKS, THOUGHT, Claim, interval, spread

QUARTERS = pd.DatetimeIndex(["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", decline.LAST_DATA])
SCORED = pd.DatetimeIndex(["2025-12-31", decline.LAST_DATA])
STOCK_DAY = {"2025-01": "2024-12-31", "today": "2025-12-31"}
SLOWEST = 0.1
# Day of the copies from which the releases were taken.
LISTS_CLOSED = "2026-07-15"
NEW_YEAR = pd.Timestamp("2025-12-31")
AHEAD = pd.DatetimeIndex(["2025-01-14", "2025-07-01", "2026-01-01", "2026-07-01", "2027-01-01", "2027-07-01", "2028-01-01"])


@dataclass(frozen=True)
class Study:
    """Results of the chapter; intervals 90 %.

    Attributes
    ----------
    claims : dict of claim name -> date -> Claim
        `thousandfold_cost` and so on; a date without rows is missing.
    steps : DataFrame
        step, median, low, high, factor (on the step before): the waterfall.
    tornado : DataFrame
        See `copies.tornado`.
    service : dict
        See `copies.service_day`.
    transformer : DataFrame
        rate, low, median, high: copy-years that the training of the table's models pays for.
    multiple, multiple_today, older_hour, o3_hour : dict of low, median, high, or of such
        o3-preview's cost of work over the older picture's, by way of counting; the same at today's price; US dollars for an hour of work: of an older copy, of o3-preview's settings and today.
    by_run : dict of (way of counting, power of ten of the rate of running) to float
        Median multiple if the scenario's rate of running were known to be that power of ten.
    arc_fall, premium, arc_today : Estimate
        Yearly fall of an ARC-AGI score's cost; o3-preview's high setting over the trend at its date; today's cost of its score.
    explained : dict
        Total fall of the cost of the high setting's score to the typical system's, and what the trend makes of it, medians.
    explained_share : Estimate
        Part of the fall, in decades, that the trend explains, per cent.
    best_before : dict of date to float
        Best score of the puzzles by another system than o3-preview, released before the date.
    arc_check : (int, int)
        Model families of 2026 within the 90 % intervals of the fit to those before, and how many there are.
    price_fall : dict of date to Estimate
        Yearly fall on a new benchmark.
    generation : DataFrame
        when, model, n (gaps seen), and medians: years (a generation), fall (in it), left_1, left_2, left_3 (of 1,000 after one, two, three); probability; n_open (gaps still open); need, need_low, need_high (releases until nothing of 1,000 is left); twice_as_long, the same if each step may take two generations.
    bands, observed, scores : DataFrame
        Forecasts from 2025-01-14, what was observed, log scores.
    years_ahead : DataFrame
        date, low, median, high: workers on a leader's chips.
    relief : dict of low, median, high
        Years in which algorithms alone undo o3-preview's excess of operations.
    family_spread : Estimate
        Factor about the typical system's cost of a score within which nine in ten systems lie.
    growth_left : dict of low, median, high
        Factor by which a typical owner's stock grows from the end of 2025 until its slowing ends the growth.
    rent_quoted : str
        Day of the newest rent of a chip.
    growth, slowing : Estimate
        Yearly growth of an owner's stock at the start of 2025, and the change of its log in a year.
    stock_check : DataFrame
        See `stock.forward_check`.
    leader : dict of date to low, median, high
        H100 equivalents at work in a leading laboratory.
    chip_speed : dict of date to low, median, high
        Tokens a second of an H100 equivalent.
    parallel : dict of date to `parallel.Parallel`
    gains : DataFrame
        All ladders and votes, for the chart.
    work : DataFrame
        model, when, low, median, high (workers), probability.
    served : DataFrame
        series, tokens a day, workers at METR's rates (low, high).
    against_human : DataFrame
        Table metr_cost_against_human.
    named : DataFrame
        Published figures by key.
    neighbours : dict
        Mean probability over the models, today, of neighbouring statements.
    imagined_usd : float
        US dollars for the older picture's training run at present rents, median.
    whole_stock : dict
        Workers on all of a leader's chips at cost, by the dollars of the waterfall.
    previews : DataFrame
        Score and samples of o3-preview by setting.
    stream : (float, float)
        Output tokens a second of one user's stream in DeepSeek's service.
    inputs : copies.Inputs
        Draws behind the waterfall.
    """

    claims: dict[str, dict[str, Claim]]
    steps: pd.DataFrame
    tornado: pd.DataFrame
    service: dict[str, float]
    transformer: pd.DataFrame
    multiple: dict[str, dict[str, float]]
    multiple_today: dict[str, float]
    by_run: dict[tuple[str, int], float]
    older_hour: dict[str, float]
    o3_hour: dict[str, dict[str, float]]
    arc_fall: Estimate
    premium: Estimate
    arc_today: Estimate
    explained: dict[str, float]
    explained_share: Estimate
    best_before: dict[str, float]
    arc_check: tuple[int, int]
    price_fall: dict[str, Estimate]
    generation: pd.DataFrame
    bands: pd.DataFrame
    observed: pd.DataFrame
    scores: pd.DataFrame
    years_ahead: pd.DataFrame
    relief: dict[str, float]
    family_spread: Estimate
    growth_left: dict[str, float]
    rent_quoted: str
    growth: Estimate
    slowing: Estimate
    stock_check: pd.DataFrame
    leader: dict[str, dict[str, float]]
    chip_speed: dict[str, dict[str, float]]
    parallel: dict[str, parallel.Parallel]
    gains: pd.DataFrame
    work: pd.DataFrame
    served: pd.DataFrame
    against_human: pd.DataFrame
    named: pd.DataFrame
    neighbours: dict[str, float]
    imagined_usd: float
    whole_stock: dict[str, float]
    previews: pd.DataFrame
    stream: tuple[float, float]
    inputs: copies.Inputs


def _inputs(arc_usd: np.ndarray, service: dict[str, float], points: pd.DataFrame, figures: pd.DataFrame, costs: pd.DataFrame, seed: int) -> tuple[dict[str, copies.Inputs], dict[str, str]]:
    """Draws of the inputs at both dates, and the newest price basis of each."""
    chips, quotes, accounts = (tables.load(name) for name in ("chip_stock", "gpu_hour_prices", "compute_allocation"))
    known = figures.set_index("key")["value"]
    deployed = known["world-deployed"] / known["world-sold"]
    beside = points[points["list_price_beside"].notna()]
    ratios = [*(beside["list_price_beside"] / beside["value"]), service["margin"] + 1]
    share = stock.inference_share(accounts, 20_000, seed=1)
    drawn, bases = {}, {}
    for when, until in LAST_DAY.items():
        high, low, bases[when] = statements.price_bases(costs, until)
        posteriors = copies.Posteriors(
            task_usd=high, low_task_usd=low, today_usd=arc_usd.ravel(), share=share, margin=(min(ratios), max(ratios)),
            stock=stock.leader_stock(chips, figures, STOCK_DAY[when], deployed, 20_000, seed=1),
            rent=stock.rent(quotes[quotes["available_from"] <= until], points[points["available_from"] <= until], 20_000, seed=1),
        )
        drawn[when] = copies.draw_inputs(posteriors, DRAWS, seed)
    return drawn, bases


def _chip_speeds(points: pd.DataFrame, service: dict[str, float], flop_per_token: np.ndarray) -> dict[str, np.ndarray]:
    """Tokens a second of an H100 equivalent: in hindsight within a factor of two of DeepSeek's day, today from there to the best measurement of 2025, the year of the stock."""
    day = service["tokens_per_second"] * 2e9 * points["active_params_billion"].iloc[0]
    useful = {"2025-01 in hindsight": (day / 2, 2 * day), "today": (day, float(stock.useful_flop(points[points["available_from"] <= STOCK_DAY["today"]]).max()))}
    return {when: copies.log_uniform(np.random.default_rng(10), *ends, DRAWS) / flop_per_token for when, ends in useful.items()}


def _waterfall(path: dict[str, np.ndarray]) -> pd.DataFrame:
    steps = pd.DataFrame([{"step": name} | spread(draws) for name, draws in path.items()])
    return steps.assign(factor=steps["median"] / steps["median"].shift())


def _transformer(rates: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Copy-years that the training tokens of known models pay for, at two rates."""
    tokens = tables.load("training_tokens")["tokens"].to_numpy()
    per_hour = {"thought": rates[THOUGHT][1], "METR's tasks": float(np.sqrt(np.prod(rates[TASKS])))}
    found = {name: copies.transformer_copy_years(tokens, rate / copies.SECONDS_PER_HOUR) for name, rate in per_hour.items()}
    return pd.DataFrame([{"rate": name, "low": years.min(), "median": np.median(years), "high": years.max()} for name, years in found.items()])


def _served(rates: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Newest volume of each series, and the workers whose tokens these are at the rates of METR's tasks."""
    newest = tables.load("token_volumes").sort_values("as_of").groupby("series").tail(1)
    fastest, slowest = rates[TASKS]
    return newest.assign(low=newest["tokens_per_day"] / 24 / slowest, high=newest["tokens_per_day"] / 24 / fastest)


def _scores(price: dict, observed: pd.DataFrame) -> pd.DataFrame:
    """Mean log score of the forecasts. Each naive rule has the scatter of the forecast beside it and the same uncertainty of the rate about its own middle."""
    rows = []
    seen = observed[observed["date"].isin(SCORED)]
    for when in ("2025-01", "2025-01 in hindsight"):
        rate, sigma = decline.new_benchmark(price[when], 20_000, seed=2)
        for rule, log_rate in (("first chapter's fall", rate), ("ten times a year", rate - np.median(rate) + np.log(10)), ("no fall", rate - np.median(rate))):
            values = decline.forecast_score(log_rate, sigma, seen)
            rows.append({"prices": when, "rule": rule, "mean": values.mean(), "worst": values.min(), "n": len(values)})
    return pd.DataFrame(rows)


def _years_ahead(algorithms: np.ndarray, growth: dict, workers_now: np.ndarray) -> pd.DataFrame:
    """Workers on a leader's chips at the ends of 2025 to 2027, from the last data of stock and price (end of 2025, June 2026).

    The stock is counted in units of one chip's power at a fixed rent, so that cheaper chips are in its growth; only algorithms lower the cost of the work besides.
    """
    dates = pd.DatetimeIndex(["2025-12-31", "2026-12-31", "2027-12-31"])
    years = ((dates - stock.CENTRE).days / stock.DAYS_PER_YEAR).to_numpy()
    grown = stock.log_growth(growth, years[0], years)
    rng = np.random.default_rng(4)
    n = len(workers_now)
    rate = rng.choice(algorithms, n)
    since = np.maximum(years - (decline.LAST_DATA - stock.CENTRE).days / stock.DAYS_PER_YEAR, 0.0)
    path = workers_now[:, None] * np.exp(grown[rng.integers(len(grown), size=n)] + rate[:, None] * since)
    low, median, high = np.quantile(path, [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({"date": dates, "low": low, "median": median, "high": high})


def study(seed: int = 20250114) -> Study:
    """Load, fit, simulate and summarise. Deterministic; about two seconds with stored posteriors."""
    costs, results, figures, points = (tables.load(name) for name in ("arc_o3_preview_costs", "arc_agi_results", "overhang_figures", "serving_points"))
    chips, ladders, votes, releases = (tables.load(name) for name in ("chip_stock", "effort_ladders", "parallel_votes", "model_generations"))
    known = figures.set_index("key")
    first = costs[(costs["basis"] == "first prices") & costs["cost_usd_per_task"].notna()].set_index("setting")
    score, paid = float(first.loc["high", "score"]), float(first.loc["high", "cost_usd_per_task"])

    price = {when: prices.fall_posterior(when) for when in AS_OF}
    fits = decline.fit_arc(results, {"today": decline.LAST_DATA, "end of 2025": NEW_YEAR})
    growth = stock.fit(chips, {"2025-01 in hindsight": STOCK_DAY["2025-01"], "today": STOCK_DAY["today"]})
    both = parallel.study(ladders, votes, LAST_DAY)
    at_launch, at_last = (decline.arc_cost(fits["today"], score, day) for day in (decline.ANNOUNCED, decline.LAST_DATA))

    service = copies.service_day(points)
    any_system = decline.arc_system_cost(fits["today"], score, decline.LAST_DATA, seed=12)
    algorithms = decline.algorithmic_rate(known.loc["algorithmic-fall"], DRAWS, seed=13)
    drawn, bases = _inputs(any_system, service, points, figures, costs, seed)
    now = drawn["today"]
    rates = statements.work_rates(costs, figures)
    flop_per_token = copies.log_uniform(np.random.default_rng(5), known.loc["flop-per-token", "low"], known.loc["flop-per-token", "high"], DRAWS)
    high, low = (statements.operations(rates[name], flop_per_token, 6) for name in (O3_HIGH, O3_LOW))
    multiples = {when: statements.multiples(inputs, high) for when, inputs in drawn.items()}
    # The statement is about the stock of 2025, whatever the date from which it is judged.
    speeds = _chip_speeds(points, service, flop_per_token)
    fielded, work = statements.fielded(rates, now.stock, speeds, dict.fromkeys(speeds, STOCK_DAY["today"]))
    last_price = dict.fromkeys(AS_OF, "2025-01-13") | {"today": str(max(results["release_date"].max(), releases["released"].max()))[:10]}
    collapses, generation = statements.collapses(price, fits["today"]["rate"].ravel(), releases, LISTS_CLOSED, last_price)
    claims = {
        "karnofsky_copies": statements.older_picture(now.run_flop, seed=8),
        "thousandfold_cost": statements.thousandfold(multiples, bases),
        "quality_over_speed": statements.quality(ladders, tables.load("training_inference_tradeoffs"), high, low, now.run_flop, {"2025-01": bases["2025-01"], "today": str(ladders["available_from"].max())[:10]}),
        "lab_switches_compute": fielded,
        "copies_are_test_time": statements.copies_as_test_time(both),
        "cost_collapses": collapses,
    }
    path = copies.waterfall(now)
    observed = decline.observed_path(results, {float(r.score): float(r.cost_usd_per_task) for r in first.itertuples()}, QUARTERS)
    rules = {when: decline.new_benchmark(price[when], 20_000, seed=2)[0] for when in AS_OF}
    dear = list(multiples["today"].values())
    total, trend = float(paid / np.median(at_last)), float(np.median(at_launch / at_last))
    older_hour = copies.older_usd_per_hour(now)
    hours = {name: copies.usd_per_human_hour(usd, now.minutes) for name, usd in (("high", now.task_usd), ("low", now.low_task_usd), ("today", now.today_usd))}
    training = 10**copies.SCENARIO.train_log10 * copies.usd_per_flop(now.usd_per_chip_hour, now.utilisation)
    stream = points.set_index("quantity")["value"]
    today_work = work[work["when"] == "today"]
    return Study(
        claims=claims,
        steps=_waterfall(path),
        tornado=copies.tornado(now),
        service=service,
        transformer=_transformer(rates),
        multiple={name: spread(d) for name, d in multiples["today"].items()},
        multiple_today=spread(hours["today"] / older_hour),
        by_run={(name, power): float(np.median(d * now.run_flop)) / 10**power for name, d in (multiples["today"] | {O3_LOW: low / now.run_flop}).items() for power in (13, 15)},
        older_hour=spread(older_hour),
        o3_hour={name: spread(d) for name, d in hours.items()},
        arc_fall=interval(np.exp(fits["today"]["rate"]), "factor per year"),
        premium=interval(paid / at_launch),
        arc_today=interval(at_last, "USD per task"),
        explained={"total": total, "trend": trend},
        explained_share=interval(100 * np.log(at_launch / at_last) / np.log(paid / at_last), "%"),
        best_before={day: float(results.loc[(results["release_date"] > decline.ANNOUNCED) & (results["release_date"] < day), "score"].max()) for day in ("2025-06-01", "2025-11-01")},
        arc_check=decline.arc_forward_check(fits["end of 2025"], results, NEW_YEAR),
        price_fall={when: interval(np.exp(rate), "factor per year") for when, rate in rules.items()},
        generation=generation,
        bands=pd.concat([decline.forecast_band(rate, AHEAD, rule) for rule, rate in (rules | {"ten times a year": np.full(100, np.log(10))}).items()], ignore_index=True),
        observed=observed,
        scores=_scores(price, observed),
        years_ahead=_years_ahead(algorithms, growth["today"], path[copies.STEPS[-1]]),
        relief=spread(np.maximum(np.log(multiples["today"][statements.OPERATIONS]), 0) / np.maximum(algorithms, SLOWEST)),
        family_spread=interval(np.exp(stock.Z90 * fits["today"]["omega"]), "factor"),
        growth_left=spread(np.exp(stock.log_growth(growth["today"], 1.0, np.array([1.0, 21.0]))[:, -1])),
        rent_quoted=str(pd.to_datetime(tables.load("gpu_hour_prices")["quoted"]).max())[:10],
        growth=interval(np.exp(growth["today"]["typical"]).reshape(4, -1), "factor per year"),
        slowing=interval(growth["today"]["slowing"].reshape(4, -1)),
        stock_check=stock.forward_check(growth["2025-01 in hindsight"], chips),
        leader={STOCK_DAY[when]: spread(inputs.stock) for when, inputs in drawn.items()},
        parallel=both,
        chip_speed={when: spread(d) for when, d in speeds.items()},
        gains=pd.concat([parallel.serial_gains(ladders), parallel.parallel_gains(votes)], ignore_index=True),
        work=work,
        served=_served(rates),
        against_human=tables.load("metr_cost_against_human"),
        named=known,
        neighbours={
            "multiple from 100 to 10,000": float(np.mean([copies.probability_within(d, (100.0, 10_000.0)) for d in dear])),
            "multiple above 3,000": float(np.mean([np.mean(d > copies.MULTIPLE_CLAIMED[1]) for d in dear])),
            "more than 10,000 workers": float(today_work["above_10_thousand"].mean()),
            "more than 1,000,000 workers": float(today_work["above_a_million"].mean()),
        },
        imagined_usd=float(np.median(training)),
        whole_stock=spread(path[copies.STEPS[3]] * now.margin),
        previews=costs.drop_duplicates("setting").set_index("setting")[["score", "samples"]],
        stream=(float(stream["output_speed_per_user_low"]), float(stream["output_speed_per_user_high"])),
        inputs=now,
    )

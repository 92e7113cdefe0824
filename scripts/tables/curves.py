"""Write the tables of the curves section: o1's two panels, effort ladders, answers per problem.

Usage: python scripts/tables/curves.py EVIDENCE_DIR
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from writer import parse, write

O1_PAGE, O1_MINI_README, S1_PAPER, CLAUDE_37_PAGE = "2024-09-12", "2024-09-26", "2025-01-31", "2025-02-24"
AA_COLLECTED = "2026-05-31"
MIN_RUNGS, MIN_DECADES = 3, 0.5
EPOCH_NAMES = {
    "OTIS Mock AIME 2024-2025": "OTIS Mock AIME",
    "GPQA Diamond": "GPQA Diamond",
    "Chess Puzzles": "Chess Puzzles",
    "simpleqa_verified": "SimpleQA Verified",
}
AA_NAMES = {
    "aime-2025": "AIME 2025",
    "artificial-analysis-long-context-reasoning": "AA-LCR",
    "critpt": "CritPt",
    "global-mmlu-lite": "Global MMLU Lite",
    "gpqa-diamond": "GPQA Diamond",
    "humanitys-last-exam": "Humanity's Last Exam",
    "ifbench": "IFBench",
    "livecodebench": "LiveCodeBench",
    "math-500": "MATH-500",
    "mmlu-pro": "MMLU-Pro",
    "mmmu-pro": "MMMU-Pro",
    "scicode": "SciCode",
    "tau2-bench": "tau2-Bench",
    "terminalbench-hard": "Terminal-Bench Hard",
}
AA_MODELS = {
    "gpt-5": "GPT-5",
    "gpt-5-2": "GPT-5.2",
    "gpt-5-4-mini": "GPT-5.4 mini",
    "gpt-5-mini": "GPT-5 mini",
    "gpt-5-nano": "GPT-5 nano",
    "k2-v2": "K2-V2",
}
EPOCH_MODELS = {
    "claude-3-7-sonnet-20250219": "Claude 3.7 Sonnet",
    "claude-haiku-4-5-20251001": "Claude Haiku 4.5",
    "claude-opus-4-1-20250805": "Claude Opus 4.1",
    "claude-opus-4-20250514": "Claude Opus 4",
    "claude-opus-4-5-20251101": "Claude Opus 4.5",
    "claude-opus-4-6": "Claude Opus 4.6",
    "claude-sonnet-4-20250514": "Claude Sonnet 4",
    "claude-sonnet-4-5-20250929": "Claude Sonnet 4.5",
    "gpt-5-2025-08-07": "GPT-5",
    "gpt-5-mini-2025-08-07": "GPT-5 mini",
    "gpt-5-nano-2025-08-07": "GPT-5 nano",
    "gpt-5.1": "GPT-5.1",
    "gpt-5.2-2025-12-11": "GPT-5.2",
    "grok-3-mini-beta": "Grok 3 mini",
    "o1-mini-2024-09-12": "o1-mini",
    "o3-mini-2025-01-31": "o3-mini",
}


def vendor(model: str) -> str:
    """Laboratory that trained a model of the ladders."""
    prefixes = {"GPT": "OpenAI", "o1": "OpenAI", "o3": "OpenAI", "Claude": "Anthropic", "K2": "LLM360", "s1": "Stanford", "Grok": "xAI"}
    return next(name for prefix, name in prefixes.items() if model.startswith(prefix))


def o1_panels(curves: Path) -> pd.DataFrame:
    """One row per dot of OpenAI's two-panel figure."""
    raw = pd.read_csv(curves / "openai_o1_aime_vs_compute.csv")
    return pd.DataFrame({
        "compute_axis": raw.compute_axis,
        "point_index": raw.point_index,
        "log10_compute": raw.log10_compute_relative_to_first_point,
        "accuracy": raw.aime_2024_pass_at_1_pct,
        "available_from": O1_PAGE,
    })


def paper_rungs(curves: Path) -> pd.DataFrame:
    """Rungs of ladders published by laboratories and in papers: o1, o1-mini, s1-32B, Claude 3.7 Sonnet."""
    o1 = pd.read_csv(curves / "openai_o1_aime_vs_compute.csv").query("compute_axis == 'test_time'")
    mini = pd.read_csv(curves / "o1mini_aime_tokens_vs_accuracy.csv")
    s1 = pd.read_csv(curves / "s1_thinking_tokens_vs_accuracy.csv").query("series == 's1_scaling' and benchmark == 'GPQA Diamond'")
    claude = pd.read_csv(curves / "thinking_budget_published_curves.csv").dropna(subset="mean_thinking_tokens_used")

    def rungs(model, source, benchmark, method, amount, score, published):
        return pd.DataFrame({
            "model": model, "source": source, "benchmark": benchmark, "method": method, "tokens": np.asarray(amount, float),
            "score": np.asarray(score, float), "thinking": True, "published": published,
        })

    asked, voted = mini.query("n_samples_majority_vote == 1"), mini.query("requested_tokens_per_sample == 2048")
    return pd.concat([
        rungs("o1", "openai2024learning", "AIME 2024", "effort", o1.compute_relative_to_first_point, o1.aime_2024_pass_at_1_pct, O1_PAGE),
        rungs("o1-mini", "zhang2024o1mini", "AIME 2024", "effort", asked.mean_tokens_used_per_problem, asked.aime_2024_accuracy_pct, O1_MINI_README),
        rungs("o1-mini", "zhang2024o1mini", "AIME 2024", "votes", voted.mean_tokens_used_per_problem, voted.aime_2024_accuracy_pct, O1_MINI_README),
        rungs("s1-32B", "muennighoff2025s1", "GPQA Diamond", "effort", s1.mean_thinking_tokens_per_problem, s1.accuracy_pct, S1_PAPER),
        rungs("Claude 3.7 Sonnet", "anthropic2025extended", "AIME 2024", "effort", claude.mean_thinking_tokens_used, claude.accuracy_pct, CLAUDE_37_PAGE),
    ])


def aa_rungs(curves: Path) -> pd.DataFrame:
    """Rungs of Artificial Analysis: every variant of a family with at least three efforts."""
    raw = pd.read_csv(curves / "artificial_analysis_families_tokens.csv").query("family in @AA_MODELS")
    effort = raw.model_variant.str.extract(r"\((\w+)\)")[0].fillna("none")
    return pd.DataFrame({
        "model": raw.family.map(AA_MODELS),
        "source": "artificialanalysis2026",
        "benchmark": raw.benchmark.map(AA_NAMES),
        "method": "effort",
        "tokens": raw.output_tokens_total,
        "score": raw.score_pct,
        "thinking": ~effort.isin(["none", "minimal"]),
        "published": AA_COLLECTED,
    })


def epoch_runs(curves: Path) -> pd.DataFrame:
    """Runs of Epoch AI on the four benchmarks with enough problems; a run without a date takes the newest of its model."""
    raw = pd.read_csv(curves / "epoch_benchmark_runs_tokens.csv").query("benchmark in @EPOCH_NAMES and hidden_reasoning_not_counted == 0")
    newest = raw.groupby(["benchmark", "model"]).run_date.transform("max")
    return raw.assign(run_date=raw.run_date.fillna(newest))


def epoch_rungs(curves: Path) -> pd.DataFrame:
    """Rungs of Epoch AI's runs."""
    raw = epoch_runs(curves).query("model in @EPOCH_MODELS")
    off = raw.model.str.startswith("claude") & raw.thinking_budget_tokens.isna() & raw.reasoning_effort.isna()
    return pd.DataFrame({
        "model": raw.model.map(EPOCH_MODELS),
        "source": "epoch2026benchmarking",
        "benchmark": raw.benchmark.map(EPOCH_NAMES),
        "method": "effort",
        "tokens": raw.generated_tokens_per_problem,
        "score": 100 * raw.accuracy,
        "thinking": ~off,
        "published": raw.run_date,
    })


def best_known(rungs: pd.DataFrame, evidence: Path) -> pd.Series:
    """Best single-answer score published by another model on the ladder's benchmark, on or before the ladder's date."""
    curves = evidence / "scaling-curves"
    announced = pd.read_csv(evidence / "benchmarks-and-cost" / "announced_scores.csv")
    announced = announced[(announced.unit == "pct") & (announced.provenance != "memory")]
    announced = announced[~announced.conditions.fillna("").str.contains("majority|re-ranked|consensus|samples", case=False)]
    aa = pd.read_csv(curves / "artificial_analysis_families_tokens.csv")
    runs = epoch_runs(curves)
    known = pd.concat([
        pd.DataFrame({"model": announced.model, "benchmark": announced.benchmark, "score": announced.value, "published": announced.announcement_date}),
        pd.DataFrame({"model": aa.family.map(AA_MODELS).fillna(aa.family), "benchmark": aa.benchmark.map(AA_NAMES), "score": aa.score_pct, "published": AA_COLLECTED}),
        pd.DataFrame({"model": runs.model.map(EPOCH_MODELS).fillna(runs.model), "benchmark": runs.benchmark.map(EPOCH_NAMES), "score": 100 * runs.accuracy, "published": runs.run_date}),
    ])
    known["benchmark"] = known.benchmark.replace({"GPQA diamond": "GPQA Diamond"})

    def best(row):
        other = known[(known.benchmark == row.benchmark) & (known.model != row.model) & (known.published.astype(str) <= row.available_from)]
        return other.score.max()

    return rungs.apply(best, axis=1)


def ladders(evidence: Path) -> pd.DataFrame:
    """Ladders of at least three rungs over at least half a decade, one row per rung."""
    curves = evidence / "scaling-curves"
    rungs = pd.concat([paper_rungs(curves), aa_rungs(curves), epoch_rungs(curves)], ignore_index=True)
    keys = ["source", "model", "benchmark", "method"]
    rungs = rungs.sort_values([*keys, "tokens"])
    rungs["decades"] = np.log10(rungs.tokens / rungs.groupby(keys).tokens.transform("min"))
    groups = rungs.groupby(keys)
    rungs = rungs[(groups.tokens.transform("size") >= MIN_RUNGS) & (groups.decades.transform("max") >= MIN_DECADES)].copy()
    groups = rungs.groupby(keys)
    rungs["available_from"] = groups.published.transform("max")
    rungs["rung"] = groups.cumcount() + 1
    rungs["vendor"] = rungs.model.map(vendor)
    rungs["best_known"] = best_known(rungs, evidence)
    rungs["ladder"] = rungs.model + " on " + rungs.benchmark + np.where(rungs.method == "votes", ", votes", "")
    # Two services measured some ladders: the name says which one.
    services = rungs.groupby("ladder").source.transform("nunique")
    rungs.loc[(services > 1) & rungs.source.str.startswith("epoch"), "ladder"] += " (Epoch AI)"
    columns = ["ladder", "rung", "model", "vendor", "benchmark", "method", "source", "thinking", "decades", "score", "best_known", "available_from"]
    out = rungs[columns].round({"decades": 4, "score": 2, "best_known": 2})
    return out.assign(thinking=out.thinking.map({True: "true", False: "false"})).sort_values(["available_from", "ladder", "rung"])


def service_pairs(curves: Path) -> pd.DataFrame:
    """The same two efforts of the same model on GPQA Diamond, measured by Artificial Analysis and by Epoch AI."""
    aa = pd.read_csv(curves / "artificial_analysis_families_tokens.csv").query("benchmark == 'gpqa-diamond' and family in @AA_MODELS")
    aa = aa.assign(model=aa.family.map(AA_MODELS), effort=aa.model_variant.str.extract(r"\((\w+)\)")[0], tokens=aa.output_tokens_total / 198, score=aa.score_pct)
    epoch = epoch_runs(curves).query("benchmark == 'GPQA Diamond' and model in @EPOCH_MODELS")
    # The one GPT-5.2 run without a label has the longest answers: xhigh by its tokens.
    effort = epoch.reasoning_effort.where(epoch.model != "gpt-5.2-2025-12-11", epoch.reasoning_effort.fillna("xhigh"))
    epoch = epoch.assign(model=epoch.model.map(EPOCH_MODELS), effort=effort, tokens=epoch.generated_tokens_per_problem, score=100 * epoch.accuracy)
    rows = []
    for model, top in (("GPT-5", "high"), ("GPT-5 mini", "high"), ("GPT-5 nano", "high"), ("GPT-5.2", "xhigh")):
        for source, table, date in (("artificialanalysis2026", aa, AA_COLLECTED), ("epoch2026benchmarking", epoch, None)):
            pair = table[table.model == model].set_index("effort")
            low, high = pair.loc["medium"], pair.loc[top]
            rows.append({
                "model": model, "source": source, "effort_high": top, "decades": round(float(np.log10(high.tokens / low.tokens)), 4),
                "gain": round(high.score - low.score, 2), "available_from": date or high.run_date,
            })
    return pd.DataFrame(rows)


def problem_counts(curves: Path) -> pd.DataFrame:
    """Right answers by run and problem on OTIS Mock AIME, for models run at two or more efforts."""
    raw = pd.read_csv(curves / "epoch_otis_aime_problem_level.csv")
    runs = epoch_runs(curves).set_index("run_id")
    raw = raw[raw.run_id.isin(runs.index)]
    several = raw.groupby("model").run_id.transform("nunique") >= 2
    raw = raw[several & raw.model.isin(EPOCH_MODELS)].copy()
    raw["tokens"] = raw.run_id.map(runs.generated_tokens_per_problem)
    raw["available_from"] = raw.run_id.map(runs.run_date)
    raw["model"] = raw.model.map(EPOCH_MODELS)
    raw["decades"] = np.log10(raw.tokens / raw.groupby("model").tokens.transform("min"))
    raw["rung"] = raw.groupby("model").tokens.rank(method="dense").astype(int)
    raw["problem"] = raw.problem_id.map(lambda text: re.sub(r"-Mock-AIME-Problem-", "-", text))
    columns = ["model", "rung", "problem", "decades", "n_attempts", "n_correct", "available_from"]
    return raw[columns].round({"decades": 4}).sort_values(["model", "rung", "problem"])


def main() -> None:
    evidence = parse(__doc__)
    write(o1_panels(evidence / "scaling-curves"), "o1_aime_vs_compute")
    write(ladders(evidence), "effort_ladders")
    write(service_pairs(evidence / "scaling-curves"), "gpqa_effort_pairs")
    write(problem_counts(evidence / "scaling-curves"), "otis_problem_counts")


if __name__ == "__main__":
    main()

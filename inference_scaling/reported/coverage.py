"""Numbers of the section on repeated sampling."""

from inference_scaling import coverage
from inference_scaling.estimates import Estimate


def numbers(sampled: coverage.CoverageStudy) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    score = sampled.forward_summary.set_index(["law", "family"])
    exponents = sampled.exponents.set_index("model")
    bias = sampled.table_bias.set_index("model")
    far = sampled.far.set_index(["law", "model"])
    early_fit = sampled.early_fit.set_index("family")

    def hits(law, family):
        row = score.loc[(law, family)]
        return f"{row['inside']:.0f} of {row['forecasts']:.0f}"

    def exponent(model, law):
        row = exponents.loc[model]
        return Estimate(row[law], row[f"{law}_low"], row[f"{law}_high"])

    return dict(
        beta_maths=hits("beta", "mathematics"),
        beta_jailbreak=hits("beta", "jailbreak"),
        normal_maths=hits("logit-normal", "mathematics"),
        normal_jailbreak=hits("logit-normal", "jailbreak"),
        pool_maths=hits("pool", "mathematics"),
        pool_jailbreak=hits("pool", "jailbreak"),
        loo_maths=f"{early_fit.loc['mathematics', 'beta_minus_logit_normal']:.0f} (standard error {early_fit.loc['mathematics', 'standard_error']:.0f})",
        loo_jailbreak=f"{early_fit.loc['jailbreak', 'beta_minus_logit_normal']:.0f} (standard error {early_fit.loc['jailbreak', 'standard_error']:.0f})",
        early_maths=f"{coverage.EARLY['mathematics']}",
        early_jailbreak=f"{coverage.EARLY['jailbreak']}",
        limit_maths=f"{coverage.LIMITS['mathematics']:,}",
        limit_jailbreak=f"{coverage.LIMITS['jailbreak']:,}",
        batch=f"{coverage.BATCH}",
        far=f"{coverage.FAR:,}",
        alpha_smallest=sampled.alpha["Pythia 70M"],
        alpha_largest=sampled.alpha["Pythia 12B"],
        gpt4o_published=f"{exponents.loc['GPT-4o', 'published']:.3f}",
        gpt4o_unbiased=f"{exponents.loc['GPT-4o', 'unbiased']:.3f}",
        gpt4o_beta=exponent("GPT-4o", "beta"),
        gpt4o_normal=exponent("GPT-4o", "logit-normal"),
        flash_table=f"{100 * bias.loc['Gemini 1.5 Flash', 'published_table']:.0f} %",
        flash_unbiased=f"{100 * bias.loc['Gemini 1.5 Flash', 'unbiased']:.0f} %",
        far_beta=Estimate(*(100 * far.loc[("beta", "Pythia 70M"), ["share", "share_low", "share_high"]])),
        far_normal=Estimate(*(100 * far.loc[("logit-normal", "Pythia 70M"), ["share", "share_low", "share_high"]])),
    )

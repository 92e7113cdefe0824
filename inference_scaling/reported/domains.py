"""Numbers of the section on domains."""

from inference_scaling import domains
from inference_scaling.estimates import Estimate, number_text, share


def numbers(gains: domains.Study) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    choice = gains.by_choice.set_index("choice")
    size = {name: gains.contrast[name] for name in gains.contrast}
    by_domain = gains.by_domain.set_index(["questions", "domain"])["median"]
    maker = gains.by_maker.set_index("maker")["gain"]
    single = gains.shares.set_index("comparison")["share"]
    return dict(
        new=size[domains.NEW_QUESTIONS],
        old=size[domains.OLD_QUESTIONS],
        votes=size[domains.BY_VOTES],
        p_new=share(gains.probability[domains.NEW_QUESTIONS]),
        p_old=share(gains.probability[domains.OLD_QUESTIONS]),
        p_votes=share(gains.probability[domains.BY_VOTES]),
        p_no_coding=share(choice.loc["January 2026, coding left out", "probability"]),
        p_no_puzzles=share(choice.loc["January 2026, reasoning puzzles left out", "probability"]),
        p_heavy=share(choice.loc["January 2026, heavy tails", "probability"]),
        p_points=share(choice.loc["January 2026, points instead of logits", "probability"]),
        reasoning=f"{by_domain['January 2026', 'reasoning']:.1f}",
        coding=f"{by_domain['January 2026', 'coding']:.1f}",
        instructions_new=f"{by_domain['January 2026', 'instruction following']:.1f}",
        instructions_old=f"{by_domain['May 2025', 'instruction following']:.1f}",
        writing=f"{by_domain['December 2025', 'creative writing']:.0f}",
        maths_votes=f"{by_domain['December 2025', 'mathematics']:.0f}",
        forward_normal=number_text(gains.forward["logits, normal"], 1),
        forward_heavy=number_text(gains.forward["logits, heavy tails"], 1),
        forward_points=number_text(gains.forward["points, normal"], 1),
        share=gains.share["logits, normal"],
        share_retrained=gains.share[domains.RETRAINED],
        gap=gains.gap,
        p_share=share(gains.share_probability["logits, normal"]),
        p_share_retrained=share(gains.share_probability[domains.RETRAINED]),
        openai=f"{maker['OpenAI']:.1f}",
        xai=f"{maker['xAI']:.1f}",
        anthropic=f"{maker['Anthropic']:.1f}",
        deepseek_switch=f"{maker['DeepSeek']:.1f}",
        claude=f"{100 * single.iloc[0]:.0f} %",
        deepseek=f"{100 * single.iloc[1]:.0f} %",
        half=f"{100 * domains.THRESHOLD_SHARE:.0f} %",
    )

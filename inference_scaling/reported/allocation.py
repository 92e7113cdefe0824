"""Numbers of the section on training against inference."""

from inference_scaling import allocation
from inference_scaling.estimates import Estimate, share


def numbers(split: allocation.Study) -> dict[str, Estimate | str]:
    """What the section prints, by key."""
    accounts = split.accounts.set_index("account")["ratio"]
    assumed = split.sensitivity.set_index("assumption")["probability"]
    advice = split.advice.set_index("technique")
    first, second = allocation.AGNOSTIC, allocation.THEORY
    return dict(
        ratio=split.ratio["today"][first],
        p=share(split.probability["today"][first]),
        p_theory=share(split.probability["today"][second]),
        p_then=share(split.probability["2025-01"][first]),
        p_then_theory=share(split.probability["2025-01"][second]),
        prior=share(split.prior[first]),
        prior_theory=share(split.prior[second]),
        tokens=f"{accounts['tokens']:.1f}",
        reported=f"{accounts['reported bill']:.2f}",
        leaked=f"{accounts['leaked bill']:.2f}",
        chips=f"{accounts['chips']:.2f}",
        jones=f"{100 * advice.loc['Elo plane (Hex)', 'training_share']:.1f} %",
        low=f"{100 * advice['training_share'].min():.0f} %",
        high=f"{100 * advice['training_share'].max():.0f} %",
        half_spread=share(assumed["laboratory-years differ half as much"]),
        double_spread=share(assumed["laboratory-years differ twice as much"]),
        no_leak=share(assumed["without the leaked bill"]),
        two=share(assumed["parity within a factor of 2 instead of 3"]),
        check=f"{100 * split.outside_check:.0f} %",
    )

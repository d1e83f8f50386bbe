"""Numbers as text for people, without line breaks between a number and its unit."""


def percent(share: float, decimals: int = 2) -> str:
    """Write a fraction as a percentage.

    Args:
        share: the fraction, 0 to 1.
        decimals: how many decimals.

    Returns:
        The text. Only exactly 1 is "100 %", only exactly 0 is "0 %".
    """
    if share in (0, 1):
        return f"{100 * share:.0f}\u00a0%"
    text, step = f"{100 * share:.{decimals}f}", 10**-decimals
    if float(text) == 0:
        text = f"<\u00a0{step:.{decimals}f}"
    elif float(text) == 100:
        text = f">\u00a0{100 - step:.{decimals}f}"
    return f"{text}\u00a0%"


def duration(seconds: float) -> str:
    """Write a time in its two largest units, such as 8 min 20 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}\u00a0h {minutes}\u00a0min"
    return f"{minutes}\u00a0min {rest}\u00a0s" if minutes else f"{seconds:.1f}\u00a0s"

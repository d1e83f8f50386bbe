"""Numbers as people read them; no line breaks between a number and its unit."""


def percent(share: float, decimals: int = 2) -> str:
    """Write a share, 0 to 1; only what is exactly all or nothing is 100 % or 0 %."""
    if share in (0, 1):
        return f"{100 * share:.0f}\u00a0%"
    text, step = f"{100 * share:.{decimals}f}", 10**-decimals
    if float(text) == 0:
        text = f"<\u00a0{step:.{decimals}f}"
    elif float(text) == 100:
        text = f">\u00a0{100 - step:.{decimals}f}"
    return f"{text}\u00a0%"


def duration(seconds: float) -> str:
    """Write a time with as much of it as matters, such as 8 min 20 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}\u00a0h {minutes}\u00a0min"
    return f"{minutes}\u00a0min {rest}\u00a0s" if minutes else f"{seconds:.1f}\u00a0s"

"""Numbers as people read them."""


def percent(share: float, decimals: int = 2) -> str:
    """Write a share, 0 to 1; only what is exactly all or nothing is 100 % or 0 %."""
    text = f"{100 * share:.{decimals}f}"
    rounds_away = text in (f"{100:.{decimals}f}", f"{0:.{decimals}f}") and share not in (0, 1)
    if rounds_away:
        step = 10**-decimals
        return f"> {100 - step:.{decimals}f} %" if share > 0.5 else f"< {step:.{decimals}f} %"
    return f"{share:.0%}".replace("%", " %") if share in (0, 1) else f"{text} %"


def duration(seconds: float) -> str:
    """Write a time with as much of it as matters, such as 8 min 20 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"

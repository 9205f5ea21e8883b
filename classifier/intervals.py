"""How sure is a share? Pure, and light enough for a page: no numpy, no scikit-learn."""

from math import sqrt

Z95 = 1.959964  # of the normal distribution, for 95 % intervals


def wilson(hits: int, of: int) -> list[float]:
    """95 % interval of a share (Wilson, 1927): honest for few rows and near 0 and 1."""
    if of == 0:
        return [0.0, 1.0]
    share, spread = hits / of, Z95**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    low = 0.0 if hits == 0 else middle - half  # exactly, whatever rounding makes of it
    return [low, 1.0 if hits == of else middle + half]

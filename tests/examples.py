"""How many examples of a law are tried: few in `make test`, many in `make soak`."""

from hypothesis import settings

USUAL, IN_SOAK = 50, 1000


def examples(n: int) -> int:
    """Return how many examples to try of a law of which `make test` tries n, as each of them is slow."""
    return n * settings.default.max_examples // USUAL

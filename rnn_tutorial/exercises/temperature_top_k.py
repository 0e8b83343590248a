"""Write what comes before sampling: q_i ∝ p_i^(1/τ), then only the k most probable tokens, divided by their sum."""

import numpy as np

from rnn_tutorial.language.ngram_models import adjust_distribution

HINT = "`np.argsort(q)[:-k]` are the places of all but the k largest. Set these to 0 before you divide by the sum."
CALL = "temperature_top_k(np.array([0.5, 0.3, 0.2]), 0.5, 2)"


def temperature_top_k(p, temperature, k):
    """Return q, which sums to 1 and is 0 but for k tokens, shape (size,).

    p holds the probabilities, shape (size,). temperature is τ, above 0, and k a number from 1 to size - 1.
    """
    q = p ** (1 / temperature)
    q[np.argsort(q)[:-k]] = 0
    return q / q.sum()


def draw(random: np.random.Generator) -> tuple:
    """Draw probabilities, of which one is 0, τ and k."""
    size = random.integers(5, 10)
    p = np.append(random.dirichlet(np.ones(size - 1)), 0)
    return random.permutation(p), random.uniform(0.3, 0.9) ** random.choice([-1, 1]), random.integers(2, size)


def expected(p, temperature, k) -> np.ndarray:
    """Reshape by the package."""
    return adjust_distribution(p, temperature, top_k=int(k))


SLIPS = {
    "the exponent is 1/τ, not τ": lambda p, tau, k: temperature_top_k(p, 1 / tau, k),
    "the temperature is missing": lambda p, tau, k: temperature_top_k(p, 1, k),
    "k is missing: all tokens are kept": lambda p, tau, k: adjust_distribution(p, tau),
    "what is kept has to be divided by its sum": lambda p, tau, k: (
        adjust_distribution(p, tau) * (temperature_top_k(p, tau, k) > 0)
    ),
    "p are probabilities, not logits: no exp is needed": lambda p, tau, k: temperature_top_k(np.exp(p), tau, k),
}

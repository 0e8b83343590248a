"""Write a step of the Kalman filter for a number that drifts, and is observed with noise.

Before the observation the variance of the estimate grows by ``drift``. The gain K says how far the estimate moves to
the observation: K = variance / (variance + noise), so h_t = (1 - K) h_{t-1} + K x_t. K of the variance is then gone.
"""

import numpy as np

HINT = "First `variance = variance + drift`, then K; the new variance is `(1 - K) * variance`."
CALL = "kalman_step(np.array([0.0, 1.0]), np.array([3.0, 0.0]), np.array([2.0, 2.0]), 1.0, 4.0)"
RESULTS = "h", "variance", "K"


def kalman_step(h, variance, x, drift, noise):
    """Return the new estimates, their variances and the gains, each of shape (numbers,).

    h and variance are those of the last step, x is observed; drift and noise are variances, two numbers.
    """
    variance = variance + drift
    K = variance / (variance + noise)
    return (1 - K) * h + K * x, (1 - K) * variance, K


def draw(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Draw estimates, their variances, observations, and two variances that differ."""
    h, x = random.normal(size=(2, random.integers(4, 7)))
    return h, random.uniform(1, 2, len(h)), x, float(random.uniform(0.2, 0.8)), float(random.uniform(2.5, 4))


def expected(h, variance, x, drift, noise) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weight estimate and observation by their precisions, as Bayes' rule does for normal distributions."""
    of_h, of_x = 1 / (variance + drift), np.full(len(x), 1 / noise)
    return (of_h * h + of_x * x) / (of_h + of_x), 1 / (of_h + of_x), of_x / (of_h + of_x)


def _changed(*arguments, variance):
    h, _, K = kalman_step(*arguments)
    return h, variance(K, *arguments), K


SLIPS = {
    "the drift is missing: the variance grows before the observation": lambda h, variance, x, drift, noise: kalman_step(
        h, variance, x, 0.0, noise
    ),
    "the gain is upside down: noise / (variance + noise)": lambda h, variance, x, drift, noise: (
        *kalman_step(x, variance, h, drift, noise)[:1],
        noise * (variance + drift) / (variance + drift + noise),
        noise / (variance + drift + noise),
    ),
    "h and x are exchanged: K is the weight of the observation": lambda h, variance, x, drift, noise: kalman_step(
        x, variance, h, drift, noise
    ),
    "the variance does not shrink": lambda *given: _changed(
        *given, variance=lambda K, h, variance, x, drift, noise: variance + drift
    ),
    "the variance that shrinks is the old one, without the drift": lambda *given: _changed(
        *given, variance=lambda K, h, variance, x, drift, noise: (1 - K) * variance
    ),
    "drift and noise are exchanged": lambda h, variance, x, drift, noise: kalman_step(h, variance, x, noise, drift),
}

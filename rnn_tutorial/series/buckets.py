"""A hydrologist's model as a recurrent cell: three stores of water, whose gates are known beforehand."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from rnn_tutorial.records import check_count, compared_by_content
from rnn_tutorial.theory.cells import ACTIVATIONS, Arrays, Cell, StepGradients, blocks, checked_step

__all__ = ["BucketCell", "BucketState"]

_SIGMOID = ACTIVATIONS["sigmoid"].function


@compared_by_content
class BucketState(NamedTuple):
    """What a :class:`BucketCell` computes in a step. The three stores are carried on to the next one.

    :param h: the discharge of the day in mm, shape (batch, units), with time before units in what ``unroll`` gives
    :param snow: what lies as snow, in mm
    :param soil: what the soil holds
    :param river: what is on its way
    """

    h: np.ndarray
    snow: np.ndarray
    soil: np.ndarray
    river: np.ndarray


@dataclass(frozen=True, eq=False)
class BucketCell(Cell[BucketState]):
    """Three stores of water with six parameters: snow that melts, soil that fills and dries, and a river that runs off.

    s_t = σ(T_0 - T_t) of the precipitation falls as snow

    f_t = exp(-m softplus(T_t - T_0)) of the snow stays: S_t = f_t (S_{t-1} + s_t P_t)

    w_t = (1 - s_t) P_t + (1 - f_t) (S_{t-1} + s_t P_t) is the water of the day

    ρ_t = 1 - exp(-B_{t-1} / C) of it runs off, the more, the fuller the soil

    B_t = (1 - d) exp(-e E_t) (B_{t-1} + (1 - ρ_t) w_t) stays in the soil, after drainage d and evaporation

    R_t = k (R_{t-1} + ρ_t w_t),  h_t = (1 - k) (R_{t-1} + ρ_t w_t) + d (B_{t-1} + (1 - ρ_t) w_t)

    These are equations :eq:`bucket-snow`, :eq:`bucket-soil` and :eq:`bucket-river` of :doc:`/series/snow`;
    :meth:`step` computes them and :meth:`backward` their chain rule. What multiplies a store is a gate between 0 and 1,
    of which only a number is learnt. All units read the same weather, each with parameters of its own.

    :param b: T_0 in °C, then ln m, ln C, ln e, and the logits of k and d, shape (6 · units,)
    :raises ValueError: if the shape or the dtype is not as described

    Source: Bergström, The HBV model, in Computer Models of Watershed Hydrology (1995), has these stores.

    Example: 10 mm fall at -5 °C and lie; at 8 °C they go.

    >>> import numpy as np
    >>> from rnn_tutorial.series.buckets import BucketCell
    >>> from rnn_tutorial.theory.cells import unroll
    >>> cell = BucketCell.random(inputs=3, units=1, seed=1, dtype="float64")
    >>> weather = np.array([[[10.0, 0.0, -5.0], [0.0, 0.0, 8.0], [0.0, 0.0, 8.0]]])
    >>> unroll(cell, weather).snow[0, :, 0].round(1)
    array([9.9, 5.7, 3.2])
    """

    W: np.ndarray = field(init=False, repr=False)
    U: np.ndarray = field(init=False, repr=False)
    b: np.ndarray

    blocks = 6
    carried = ("h", "snow", "soil", "river")
    State = BucketState

    def __post_init__(self) -> None:
        b = np.asarray(self.b)
        if b.ndim != 1 or not b.size or b.size % 6:
            raise ValueError(f"`b`: expected the shape (6 · units,), got {b.shape}.")
        object.__setattr__(self, "W", np.zeros((b.size, 3), b.dtype))
        object.__setattr__(self, "U", np.zeros((b.size, b.size // 6), b.dtype))
        super().__post_init__()

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The trainable parameters, by name."""
        return {"b": self.b}

    @classmethod
    def random(
        cls,
        inputs: int,
        units: int,
        seed: int,
        dtype: str = "float32",
        forget_bias: float | None = None,
        **options: Any,
    ) -> Self:
        """Initialise a cell with what is usual for each parameter, and a little noise.

        :param inputs: 3: precipitation and possible evaporation in mm, temperature in °C, none of them scaled
        :param units: how many cells read side by side
        :param seed: of the noise
        :param dtype: ``"float32"`` or ``"float64"``
        :param forget_bias: ``None``, for no gate has a bias
        :param options: passed to the cell
        :raises ValueError: if ``inputs`` is not 3, or a bias is given
        """
        check_count("units", units)
        if forget_bias is not None:
            raise ValueError(f"`forget_bias`: expected None for a BucketCell, got {forget_bias}.")
        if inputs != 3:
            raise ValueError(f"`inputs`: expected 3, precipitation, evaporation and temperature, got {inputs}.")
        usual = np.array([0.0, np.log(0.06), np.log(100), np.log(0.01), 0.5, -3.5])
        noise = 0.2 * np.random.default_rng(seed).normal(size=(6, units))
        return cls((usual[:, None] + noise).ravel().astype(dtype), **options)

    def _gates(self, x_t: np.ndarray, before: BucketState) -> tuple[np.ndarray, ...]:
        """Compute what the step and its chain rule have in common."""
        P, E, T = blocks(x_t, 3)
        T_0, m, C, e, k, d = blocks(self.b[None], 6)
        s, warmth = _SIGMOID(T_0 - T), np.logaddexp(0, T - T_0)
        m, C, e, k, d = np.exp(m), np.exp(C), np.exp(e), _SIGMOID(k), _SIGMOID(d)
        f, rho, g = np.exp(-m * warmth), 1 - np.exp(-before.soil / C), np.exp(-e * E)
        lying = before.snow + s * P  # bucket-snow
        w = (1 - s) * P + (1 - f) * lying
        wet, coming = before.soil + (1 - rho) * w, before.river + rho * w
        return P, E, s, warmth, m, C, e, k, d, f, rho, g, lying, w, wet, coming

    @checked_step
    def step(self, x_t: np.ndarray, state: BucketState) -> BucketState:
        """Compute equations :eq:`bucket-snow` to :eq:`bucket-river`, a :meth:`~rnn_tutorial.theory.cells.Cell.step`."""
        *_, k, d, f, _, g, lying, _, wet, coming = self._gates(x_t, state)
        return BucketState((1 - k) * coming + d * wet, f * lying, (1 - d) * g * wet, k * coming)

    def backward(self, x_t: np.ndarray, before: BucketState, after: BucketState, grads: Arrays) -> StepGradients:
        """Apply the chain rule to one step; see :meth:`~rnn_tutorial.theory.cells.Cell.backward`."""
        P, E, s, warmth, m, C, e, k, d, f, rho, g, lying, w, wet, coming = self._gates(x_t, before)
        grad_h, grad_snow, grad_soil, grad_river = grads
        grad_coming = (1 - k) * grad_h + k * grad_river
        grad_wet = d * grad_h + (1 - d) * g * grad_soil
        grad_rho = w * (grad_coming - grad_wet)
        grad_w = rho * grad_coming + (1 - rho) * grad_wet
        grad_lying = f * grad_snow + (1 - f) * grad_w
        delta_f = -f * lying * (grad_snow - grad_w)  # with respect to m · softplus
        grad_s = s * (1 - s) * P * (grad_lying - grad_w)  # with respect to T_0 - T
        grad_T_0 = grad_s - delta_f * m * (1 - s)
        by_soil = (1 - rho) / C * grad_rho  # with respect to B_{t-1}, through ρ
        grad_g = (1 - d) * wet * grad_soil
        of_k, of_d = coming * (grad_river - grad_h), wet * (grad_h - g * grad_soil)
        each = [
            grad_T_0,
            delta_f * warmth * m,
            -by_soil * before.soil,
            -grad_g * g * E * e,
            of_k * k * (1 - k),
            of_d * d * (1 - d),
        ]
        grad_P = ((1 - s) * grad_w + s * grad_lying).sum(axis=1)
        grad_E, grad_T = (-grad_g * g * e).sum(axis=1), -grad_T_0.sum(axis=1)
        stores = np.zeros_like(grad_h), grad_lying, grad_wet + by_soil, grad_coming
        return np.stack([grad_P, grad_E, grad_T], axis=1), stores, {"b": np.concatenate(each, axis=1).sum(axis=0)}

"""What goes wrong in a step of Adam."""

from __future__ import annotations

from typing import Any

import numpy as np


def _adam(corrected: tuple[bool, bool], eps_in: str, decay: str) -> Any:
    """Which moments are corrected, where eps is added, and what weight decay does."""

    def adam_step(
        p: Any,
        g: Any,
        m: Any,
        v: Any,
        *,
        t: int = 1,
        lr: float = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> tuple[Any, Any, Any]:
        one, two = (np.longdouble(beta) for beta in betas)
        gradient = {"added": g + weight_decay * p, "subtracted": g - weight_decay * p, "apart": g}[decay]
        m_next, v_next = one * m + (1 - one) * gradient, two * v + (1 - two) * (gradient * gradient)
        first, second = (1 - b**t if c else np.longdouble(1) for b, c in zip((one, two), corrected, strict=True))
        below = {
            "outside": lambda: np.sqrt(v_next / second) + eps,
            "inside": lambda: np.sqrt(v_next / second + eps),
            "before": lambda: (np.sqrt(v_next) + eps) / np.sqrt(second),
        }[eps_in]()
        step = lr * (m_next / first) / below
        start = p - lr * weight_decay * p if decay == "apart" else p
        return start - step, m_next, v_next

    return adam_step


adam_eps_inside = _adam((True, True), "inside", "added")
adam_eps_before = _adam((True, True), "before", "added")
adam_uncorrected = _adam((False, False), "outside", "added")
adam_first_uncorrected = _adam((False, True), "outside", "added")
adam_second_uncorrected = _adam((True, False), "outside", "added")
adam_decoupled = _adam((True, True), "outside", "apart")
adam_signed_decay = _adam((True, True), "outside", "subtracted")

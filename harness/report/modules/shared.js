// Written by bundle.py from words.py: the tables that Python and JavaScript share.

export const KEY = ["case", "candidate", "law", "subject", "scenario"];

export const SIGNS = {"crashed": "✖", "timed out": "◷", "fails": "!", "deviates": "✗", "fixed": "★", "known": "◆", "not believed": "≈", "inconclusive": "?", "unsupported": "○", "conforms": "✓"};

export const MEANINGS = {"new": "wrong, and not there before", "regressed": "wrong, and was not, or worse than it was", "grew": "error at least four times larger", "reordered": "right, and its sums are added in another order", "no longer run": "judged before, not now", "fixed": "was wrong or known, is right", "added": "not there before, and right or known"};

export const STEPS = [0.0, 0.001, 0.01, 0.1, 1.0, 10.0, 1000.0, 1000000.0];

// Characters that reverse or control what stands around them.
export const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

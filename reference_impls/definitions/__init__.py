"""Oracles: one textbook definition per op, a NumPy program that runs on any array type, never optimised.

A definition takes the op's inputs by position and its params by keyword. Sums of products are written as the list of
their terms (see ``harness.definitions.terms``); everything else as a formula. Nothing else of the harness is imported,
and none of the candidates.
"""

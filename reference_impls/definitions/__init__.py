"""Oracles: one textbook definition per op, a NumPy program that runs on any array type, never optimised.

A definition takes the op's inputs by position and its params by keyword. Sums of products are written as the list of
their terms (see ``terms``); everything else as a formula. No import of the harness, and none of the candidates.
"""

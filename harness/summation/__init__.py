"""A definition's sums of products, what a candidate gives -> the order in which it adds them, to the last bit.

``products`` takes a definition apart, ``masks`` says which entries of inputs make one product large, ``trees`` finds the
order from what is left of sums with two large ones, ``replaying`` adds in that order, ``predictions`` holds both against
each other, ``wording`` names and draws the order.
"""

from __future__ import annotations

from harness.summation.masks import SCALES, Masks, Scale, masks
from harness.summation.predictions import Draw, Order, Orders, orders
from harness.summation.products import NotOneSum, Products, products
from harness.summation.trees import NotATree, Revealing, Tree
from harness.summation.wording import drawn, signature, words

__all__ = [
    "SCALES",
    "Draw",
    "Masks",
    "NotATree",
    "NotOneSum",
    "Order",
    "Orders",
    "Products",
    "Revealing",
    "Scale",
    "Tree",
    "drawn",
    "masks",
    "orders",
    "products",
    "signature",
    "words",
]

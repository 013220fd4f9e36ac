"""Definitions of what wrong implementations compute, for the ``mistakes`` of specs: called as the op's own definition is."""

"""Rows -> what a person reads of a candidate: levels, causes with their rules, one screen of text, one document."""

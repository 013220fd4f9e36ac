"""The mark by which an attack knows a temporary copy of the project."""

#: The file at the root of a temporary copy: attacks on files write beside it and nowhere else.
MARK = ".copy-for-attacks"

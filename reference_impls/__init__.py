"""Candidates, one family per file, and the definitions they are judged by; imports nothing of the harness."""

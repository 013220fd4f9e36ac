"""What a candidate is asked to do, and what came of it: scenarios, outcomes, libraries, hosts.

A host is a process that holds one candidate and its library, and nothing of the judge: no oracle, no expected value, no
bound. This package imports NumPy and the standard library alone, so that a host runs under any interpreter that has
NumPy and the candidate's library. docs/protocol.md describes what crosses.

- outcomes: what came of asking, a closed union
- wire: values <-> a header of JSON and raw buffers
- state: what a process shares with the code it runs
- libraries: arrays <-> those of NumPy, SciPy, torch, JAX, each one module
- binding: dotted path -> a candidate bound to the arguments of a call
- scenarios: what is asked, a closed union whose members perform themselves
- guard: shared state -> the way back to it
- memory: a process -> room for what it is asked
- stacks: what a process wrote at its death, or as it hangs -> a line
- host: the life of the process that holds a candidate
- machine: a process that has a library -> what a run depends on
- server: the process that hosts are forked from
- servers: an interpreter, a library -> its server, as the judge sees it
- processes: one host -> its answers, or how it ended
- inline: the same in the judge's own process, for debugging
- hosts: a candidate -> what came of what it was asked, in a fresh host after a death
"""

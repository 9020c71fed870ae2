"""Measurements of the oracle beside a floor (the least anybody can do) and a rival (what one would run instead).

``make bench`` runs every section, ``make bench ONLY=fetch,gas`` some. Each is a process of its own, prints a table and
writes ``bench/results/<section>.json``; docs/benchmarks.md says how to read them.

A new section is one file, ``bench/sections/<name>.py``, with one function; nothing else names it::

    def measure(scale: Scale) -> list[Row]:
        samples = interleave({"floor": floor, "ours": ours}, repeats=scale.repeats)
        return [row("median of 10 quotes", "CPU of … / CPU of …", unit="us", samples=samples)]

Contestants take turns within a run and are compared pair by pair, because this machine and yours are shared and noisy;
prefer CPU time (``measure.own_cpu_s``, ``measure.tree_cpu_s``) to the clock on the wall. ``scale`` says how much to
do: ``scale.repeats`` turns, ``scale.of(200)`` rounds, ``scale.some(CASES)``; a smoke run does next to nothing.
Servers come from ``bench.servers`` on free ports and are ended by pid.
"""

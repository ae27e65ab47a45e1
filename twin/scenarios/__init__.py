"""Scenarios: what happens when, written in TOML. The files beside this one ship with the twin; docs/twin.md tells how
to write one."""

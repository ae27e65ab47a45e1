"""The whole app in a simulated cloud: see `run`. `python -m lab.simulation --seed 7` repeats one seed exactly."""

"""Side-by-side measurements: ours and its baseline in the same run. `make bench` writes bench/results.json."""

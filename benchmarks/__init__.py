"""Speed as ratios: ours and a named rival take turns in one run. ``python -m benchmarks``; see README.md."""

"""What `Benchmarks/bench` and `Benchmarks/gate` share."""

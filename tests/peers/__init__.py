"""What other programs make of our files: run by hand, or by `make bench` where they are installed."""

"""A simulated observing night: what every system of the observatory recorded of it, and what truly happened."""

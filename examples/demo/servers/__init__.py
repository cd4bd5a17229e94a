"""Starts what the observatory runs, on loopback: InfluxDB, PostgreSQL, and web services that hold a simulated night."""

"""Asking HTTP servers: one client for every reader that does, with credentials, limits, retries and clear errors."""

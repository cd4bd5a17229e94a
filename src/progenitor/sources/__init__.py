"""Readers: how an outside system becomes Arrow tables. `reader.Reader` is the contract, `open_reader` the way in."""

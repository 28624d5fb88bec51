"""The worker's side of the UDF wire, version 1, on nothing but Python's standard library."""

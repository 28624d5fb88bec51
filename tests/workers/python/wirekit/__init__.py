"""A tiny engine, independent of the worker beside it, with which any worker can be tested over the wire."""

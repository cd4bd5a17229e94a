"""Lineage: which relations lead to origins and effects, the index of them, and the walk through it."""

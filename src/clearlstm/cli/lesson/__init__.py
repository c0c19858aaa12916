"""The worked example, taken apart.

``figures`` computes it; ``unit``, ``series`` and ``story`` tell it page by page; ``training`` and ``gradient`` repeat
its training; ``own`` takes a person's own numbers; ``quiz`` asks for the next one.
"""

"""Zhike 知客: customer management, from the order history to today's list."""

__version__ = "0.1.0"

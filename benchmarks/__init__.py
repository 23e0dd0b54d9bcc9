"""Measurements that stay. Not part of the program."""

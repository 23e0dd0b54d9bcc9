"""Checks that speak to editors: of answers, questions, examples and patterns. Errors block, warnings need a reason."""

"""Names of what the components put into a Rasa message, beside Rasa's own attributes."""

NORMALISED = "normalised_text"
"""str: the text without case, marks and noise; empty when nothing can be read."""

LANGUAGE = "language"
"""dict: code, script, share, way, probability, sure; part of the parse output. See bot.understanding.language."""

READING = "reading"
"""str: the text in its language's own letters, slips mended; part of the parse output."""

QUESTION = "question"
"""dict: what the classifier thinks; part of the parse output. See bot.understanding.classifier."""

OUT_OF_SCOPE = "out_of_scope"
"""Intent of what the authority does not answer."""

URGENT = "emergency/danger"
"""Question that means: somebody is in danger, now."""

FALLBACK = "nlu_fallback"
"""Rasa's own name for "not sure"."""

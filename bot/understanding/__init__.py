"""From what a person typed to a question of the pack: Rasa graph components, named in config.yml.

This room depends on Rasa and on nothing else of ours.
"""

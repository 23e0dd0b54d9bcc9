"""What is known: packs, topics, questions, answers, facts with their sources; releases of them; the Rasa importer."""

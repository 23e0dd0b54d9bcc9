"""The path of a message: one way in (`Inbound`), one way out (`Reply`), one at a time per conversation, stored once."""

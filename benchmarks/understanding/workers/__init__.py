"""One system each, in a process of its own: job file in, predictions and costs out."""

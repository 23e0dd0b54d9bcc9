"""Understanding beside what a user would pick instead: same sentences, same machine, same run."""

"""Parts of a character, one file a subject; each makes pieces from what the design says of it."""

"""The command line: one file per command, thin, with late imports; it computes nothing itself."""

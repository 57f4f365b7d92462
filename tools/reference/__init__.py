"""Pages of the reference that are written from the code: command line, JSON documents, tables of a run."""

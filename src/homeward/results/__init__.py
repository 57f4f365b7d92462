"""Runs on disk: folders of Parquet tables, their summary, and the JSON documents of the command line."""

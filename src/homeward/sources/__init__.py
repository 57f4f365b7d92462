"""Readers of tables that others publish; what they read becomes types of the layers below."""

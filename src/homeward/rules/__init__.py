"""What people do, as tables: plain NumPy that fills them; no draws, no files written."""

"""What a Flee directory says: its tables and settings, validated and frozen; no simulation."""

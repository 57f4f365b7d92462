"""The clock and the dice: it moves people by tables and knows no rule."""

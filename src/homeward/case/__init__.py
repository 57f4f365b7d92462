"""What the world is: places, routes, conditions, events and observed figures, frozen and validated."""

"""The game's rules: what an answer earns, who plays without reading, days in a row, leagues,
missions. Pure: no module here knows a database.
"""

"""What happens behind the cards: polls open and settle, points are booked, players and old labels
are looked at. Each part may be done again; labelgame/background.py calls them in order.
"""

"""The game in the admin, to look things up in. What is done about it is done on the game's own
pages (labelgame/views/), where each step has its words; here nothing can be edited but teams.

people.py      players, teams, invitations
asking.py      polls, hidden checks, contests, rulings
answering.py   rounds, answers, points by week
weighing.py    what the last full run found for each question

No list says how well somebody plays: that is between them and the game. And no list shows the words
of an example that was pulled.
"""

from labelgame.admin import answering, asking, people, weighing

__all__ = ["answering", "asking", "people", "weighing"]

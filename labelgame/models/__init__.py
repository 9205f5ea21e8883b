"""The game's tables. accounts: who plays; polls: what is asked and answered; ledger: what it
earned; rules: what the operator sets and what the background works out.
"""

from labelgame.models.accounts import DayOff, Invitation, PlayedDay, Player, PracticeRun, Team
from labelgame.models.ledger import Booking, Credit, WeekPoints
from labelgame.models.polls import Answer, Contest, Gold, Offer, Poll, Round, Ruling
from labelgame.models.rules import GameSettings, PlayerSkill, QuestionState

__all__ = [
    "Answer",
    "Booking",
    "Contest",
    "Credit",
    "DayOff",
    "GameSettings",
    "Gold",
    "Invitation",
    "Offer",
    "PlayedDay",
    "Player",
    "PlayerSkill",
    "Poll",
    "PracticeRun",
    "QuestionState",
    "Round",
    "Ruling",
    "Team",
    "WeekPoints",
]

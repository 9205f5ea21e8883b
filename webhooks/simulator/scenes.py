"""The situations a visitor can step into: who was texted what, and a few ways to answer.

Each scene has a person of its own (numbers kept free for fiction: 555-01xx), so that a reply in one
never answers the reminder of another.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    slug: str
    title: str
    emoji: str
    person: str
    reminders: tuple[str, ...]  # none: a text out of the blue; two: which one is meant?
    replies: tuple[str, ...]  # suggestions, one tap each


SCENES = (
    Scene(
        slug="dentist",
        title="Dentist",
        emoji="🦷",
        person="+12025550101",
        reminders=("You have an appointment on Tuesday at 2:30. Reply if you can't make it.",),
        replies=(
            "Yeah 👍 I'm gonna be at that appointment",
            "👍 I can't make it",
            "can we do 4 instead",
            "is there parking?",
        ),
    ),
    Scene(
        slug="cancel",
        title="Asked the other way round",
        emoji="🔁",
        person="+12025550102",
        reminders=("Your check-up is tomorrow at 9:00. Do you need to cancel?",),
        replies=("yes", "no", "nope, see you then", "👍"),
    ),
    Scene(
        slug="vet",
        title="Vet",
        emoji="🐕",
        person="+12025550103",
        reminders=("Biscuit is due for her vaccination on Thursday at 10:15. See you then?",),
        replies=(
            "Liked “Biscuit is due for her vaccination on Thursday at 10:15. See you then?”",
            "we moved away sorry",
            "omw",
            "running 10 minutes late",
        ),
    ),
    Scene(
        slug="garage",
        title="Garage",
        emoji="🔧",
        person="+12025550104",
        reminders=("Hi Sam, your car is booked in for its service on Friday 8am. OK?",),
        replies=(
            "who is this? stop texting me",
            "wrong number mate",
            "YES for the third time",
            "STOP",
        ),
    ),
    Scene(
        slug="family",
        title="One phone, two appointments",
        emoji="👓",
        person="+12025550105",
        reminders=(
            "Mia has her eye test on Wednesday at 3:00. Is she coming?",
            "Noah has his eye test on Wednesday at 3:20. Is he coming?",
        ),
        replies=("yes", "we can't come on Wednesday", "Noah is ill, Mia is fine"),
    ),
    Scene(
        slug="blue",
        title="Out of the blue",
        emoji="💬",
        person="+12025550106",
        reminders=(),
        replies=("yes", "do you have anything on Saturday?", "lose my number"),
    ),
)
BY_SLUG = {scene.slug: scene for scene in SCENES}

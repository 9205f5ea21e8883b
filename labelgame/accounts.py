"""What happens to accounts: in by an invitation, up and down in role, out and in again, and what an
operator does about the signs that labelgame/rules/fairplay.py finds. What players do is in
actions.py.

Each is one transaction, and says in the admin's history of the row who did it.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from math import prod

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

from labelgame.models import Invitation, Player, Team
from labelgame.rules.fairplay import Kind

# ---- invitations ---------------------------------------------------------------------------


class Gone(StrEnum):
    UNKNOWN = "unknown"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class InvitationGone(Exception):
    """The link lets nobody in any more, or never did."""

    def __init__(self, why: Gone, invitation: Invitation | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.invitation = invitation


class UsernameTaken(Exception):
    """Somebody took it between the form and its sending."""


def open_invitation(*, token: str, now: datetime) -> Invitation:
    return _open(Invitation.objects.of_token(token).first(), now)


def _open(invitation: Invitation | None, now: datetime) -> Invitation:
    if invitation is None:
        raise InvitationGone(Gone.UNKNOWN)
    if invitation.accepted_at is not None:
        raise InvitationGone(Gone.USED, invitation)
    if invitation.withdrawn_at is not None:
        raise InvitationGone(Gone.WITHDRAWN, invitation)
    if invitation.expires_at <= now:
        raise InvitationGone(Gone.EXPIRED, invitation)
    return invitation


@transaction.atomic
def invite(
    *, note: str, role: str, team: Team | None, by: Player, now: datetime
) -> tuple[Invitation, str]:
    """The row, and the token for the link. It is shown once: only its digest is kept."""
    invitation, token = Invitation.issue(
        by=by.user.get_username(), now=now, note=note, role=Player.Role(role), team=team
    )
    record(invitation, f"Invited as {invitation.role}.", by=by, now=now)
    return invitation, token


def accept_invitation(
    *, token: str, username: str, password: str, name: str, time_zone: str, now: datetime
) -> Player:
    """An account and a player; the link is used up. Sent twice at once, it lets one in."""
    open_invitation(token=token, now=now)  # no password is hashed for a link that is none
    # Half a second, made to be slow: nobody else could write in it inside the transaction.
    user = User(username=User.normalize_username(username), password=make_password(password))
    return _let_in(user, token=token, name=name, time_zone=time_zone, now=now)


@transaction.atomic
def _let_in(user: User, *, token: str, name: str, time_zone: str, now: datetime) -> Player:
    # Locked, so that a double click is told that the link is used, not that the name is taken.
    locked = Invitation.objects.select_for_update().of_token(token).first()
    invitation = _open(locked, now)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise UsernameTaken from error
    player = Player.objects.create(
        user=user,
        name=name,
        role=invitation.role,
        team_id=invitation.team_id,
        time_zone=time_zone,
        joined_at=now,
    )
    still_open = Invitation.objects.open_at(now).filter(pk=invitation.pk)
    if not still_open.update(accepted_at=now, accepted_by=player):
        raise InvitationGone(Gone.USED, invitation)  # and the account is rolled back
    return player


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: Player, now: datetime) -> bool:
    """Whether it was still open: one that was used is an account by now."""
    if not Invitation.objects.open_at(now).filter(pk=invitation.pk).update(withdrawn_at=now):
        return False
    record(invitation, "Withdrawn.", by=by, now=now)
    return True


# ---- place in the game ---------------------------------------------------------------------


class NotYourself(Exception):
    """Nobody changes their own role or retires themselves: so an operator always remains."""


def team_named(name: str) -> Team | None:
    """The team of this name, a new one if there is none; None for no name."""
    if not name:
        return None
    return (
        Team.objects.filter(name__iexact=name).first() or Team.objects.get_or_create(name=name)[0]
    )


@transaction.atomic
def change_role(*, player: Player, role: str, by: Player, now: datetime) -> bool:
    """Whether it was another one before."""
    role = Player.Role(role)
    if player.role == role:
        return False
    if player.pk == by.pk:
        raise NotYourself
    player.role = role
    player.save(update_fields=["role"])
    record(player, f"Made {role.value}.", by=by, now=now)
    return True


@transaction.atomic
def change_team(*, player: Player, team: Team | None, by: Player, now: datetime) -> bool:
    if player.team_id == (team.pk if team else None):
        return False
    player.team = team
    player.save(update_fields=["team"])
    record(player, f"Moved to team {team}." if team else "Taken out of the team.", by=by, now=now)
    return True


@transaction.atomic
def retire(*, player: Player, by: Player, now: datetime) -> bool:
    """They can no longer play; what they answered stands. Whether they could before."""
    if player.pk == by.pk:
        raise NotYourself
    if not Player.objects.filter(pk=player.pk, retired_at=None).update(retired_at=now):
        return False
    player.retired_at = now
    record(player, "Retired.", by=by, now=now)
    return True


@transaction.atomic
def bring_back(*, player: Player, by: Player, now: datetime) -> bool:
    retired = Player.objects.filter(pk=player.pk, retired_at__isnull=False)
    if not retired.update(retired_at=None):
        return False
    player.retired_at = None
    record(player, "Brought back.", by=by, now=now)
    return True


# ---- fair play -----------------------------------------------------------------------------


@transaction.atomic
def set_aside(*, player: Player, kinds: Collection[str], by: Player, now: datetime) -> float:
    """From now on signs of these kinds, and of no others, take no weight; the weight that follows.

    By the signs that were found last, so that it holds at once. The next look at the player's
    answers (labelgame/upkeep/watching.py) goes by the same kinds.
    """
    aside = sorted(Kind(kind) for kind in set(kinds))
    row = Player.objects.select_for_update().get(pk=player.pk)
    before = set(row.signs_set_aside)
    row.signs_set_aside = [kind.value for kind in aside]
    row.weight = weight_of(row)
    row.save(update_fields=["signs_set_aside", "weight"])
    player.signs_set_aside, player.weight = row.signs_set_aside, row.weight
    for kind in Kind:
        if (kind in aside) != (kind in before):
            done = "Set aside" if kind in aside else "Counted again"
            record(player, f"{done}: {WORDS[kind]}.", by=by, now=now)
    return row.weight


WORDS = {
    Kind.TOO_FAST: "too fast",
    Kind.ONE_KEY: "one key",
    Kind.PATTERN: "a fixed order",
    Kind.COPIED: "copied",
    Kind.CONTRADICTS: "contradicts",
}


def weight_of(player: Player) -> float:
    """What the signs that are not set aside leave of it."""
    counted = (each for each in player.signs if each["kind"] not in player.signs_set_aside)
    return float(prod(sign["remains"] for sign in counted))


# ---- who did it ----------------------------------------------------------------------------


def record(row: Model, words: str, *, by: Player, now: datetime) -> None:
    """In the row's history, where the admin shows it."""
    LogEntry.objects.create(
        user_id=by.user_id,
        action_time=now,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=CHANGE,
        change_message=words,
    )


def history_of(row: Model) -> QuerySet[LogEntry]:
    """What was done to it, the latest first, and by whom."""
    of = ContentType.objects.get_for_model(row)
    entries = LogEntry.objects.filter(content_type=of, object_id=str(row.pk))
    return entries.select_related("user").order_by("-action_time", "-pk")

"""Which words of a text are people's names. Pure.

Told by lists where a word is nothing else (“sanjay”), and by the place where it may be something
else (“Will can't come”, “it will do”) or stands in no list: behind a greeting, a title, “my wife”,
“this is”, before “here”, beside another name, or with a capital inside a sentence. That a shop or a
place with a capital is taken for a name now and then loses no meaning.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifier.everyday import EVERYDAY, NAMES, TOLD_BY_A_VERB, key_of, word_set
from classifier.identifiers import Found

_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")
_PARTS = re.compile(r"['’ʼ-]")
_IRISH_OR_SCOTTISH = re.compile(
    r"(?:O['’]|D['’]|Mc|Mac(?=[A-Z]))[A-Z][a-z]+|o['’](?!clock)[a-z]{3,}"
)

_ONLY_NAMES = NAMES - EVERYDAY
# How words end that are in no list because they are rare, not because they are names. Some names
# do too, and are not found where a sentence begins with them.
_ENGLISH = re.compile(
    r"(?:ed|ing|ly|ous|able|ible|ment|ness|ful|less|tion|sion|ist|ism|ology|apy|ted|ive|ical|ure|ity"
    r"|s)$|(.)\1\1|^(?:un|mis|non|pre|re)[a-z]{4}|['’]"
)
_GREETINGS = word_set(
    "hi hiya hey heya hello helo hullo dear hola yo morning afternoon evening thanks thx thanx"
    " cheers ta regards gracias merci witam czesc bonjour salam salaam namaste dias tardes noches"
    " bye goodbye sorry yours love"
)
_CALLING = word_set("hi hiya hey heya hello helo hullo dear hola")  # a name comes next
# Behind these two words or one a name may come in small letters that stands in no list.
_INTRODUCTIONS = word_set(
    "name_is name's names me_llamo mi_nombre nombre_es surname_is booked_under called nazywam_sie"
    " m'appelle go_by goes_by married_name maiden_name good_morning good_afternoon good_evening"
    " speak_to talk_to spoke_to ask_for name_of"
)
# Behind these where the sentence ends or goes on as behind a name: “im keeley, i booked”
_MYSELF = word_set("im i'm i_am soy")
_GOING_ON = word_set("i not and from here")
# Behind these it may where “here”, “from” or the like follows: “this is ridiculous” is no name.
_POINTING = word_set(
    "this_is its it's it_is im i'm i_am soy somos familia habla tu who_is"
    " who's whos that's thats tell ask remind"
)
_INTRODUCTIONS_AND_POINTING = _INTRODUCTIONS | _POINTING
_BEHIND_A_NAME = word_set("here speaking again from fae")
# Words after which an everyday word with a capital is a name, if it is somebody's.
_BEFORE_A_NAME = word_set(
    "with for from by to and or n y ask tell call ring remind need needs want see thank not no is"
    " its it's im i'm soy habla me us her him con para de that's thats who who's whos give get let"
    " put can could would will does did do was has have called name meet text email contact via"
    " about than like but only even if a told"
    " asked texted called rang gave met paid saw got conozco ninguna ningun"
)
_VERBS = word_set(
    "can can't cant cannot can’t will won't wont won’t said says has hasn't hasnt had was wasn't"
    " wasnt needs wants here and is isn't isnt would wouldn't wouldnt could couldn't couldnt does"
    " doesn't doesnt came went did didn't didnt told asked knows speaking confirms cancelled has"
    " hasnt gave got took left does moved"
)
_TELLING_VERBS = word_set(
    "can't cant cannot won't wont says said hasn't hasnt isn't isnt wants needs"
)
_AWAY = word_set("away off sick ill out in not coming here poorly late busy going is")
_VERBS_OF_MONTHS = word_set(
    "has said says wants needs told asked knows here speaking can can't cant"
)
_MONTHS = word_set("april may june august autumn summer winter january monday sunday")
_TITLES = word_set(
    "mr mrs ms mx dr dra prof professor rev miss nurse sister coach aunty auntie aunt uncle senor"
    " senora senorita sr sra srta don dona pan pani herr frau mme shri smt hajia alhaji alhaja"
    " chief pastor imam rabbi sheikh doctor tio tia oga mama baba baby mister missus captain"
    " sergeant detective officer councillor cllr lady lord sir dame father big lil"
)
_KIN = word_set("uncle aunt aunty auntie")
_ALWAYS_TITLES = word_set("mr mrs ms mx mister")  # nothing but a name comes behind these
_RELATIONS = word_set(
    "wife husband hubby missus partner son daughter mum mom mam dad mother father brother sister"
    " nan gran granny grandma grandad grandpa friend boss neighbour neighbor colleague cousin"
    " uncle aunt auntie niece nephew girlfriend boyfriend gf bf fiance fiancee flatmate roommate"
    " dog cat puppy carer grandson granddaughter kid baby twin mate esposo esposa marido mujer"
    " hijo hija hermano hermana madre padre abuela abuelo mama novio novia suegra amiga amigo"
    " perro"
)
_OWNERS = word_set("my our his her their mi su nuestra nuestro ur your the")
_AND = word_set("and n y & or")
_PARTICLES = word_set("de la las los del van der den von bin ibn al el da dos du le ter o ni ui")
_ASKS_FOR_A_KEY = word_set("reply text txt press send answer type or responda responde with")
_NEVER = word_set(
    "i a y n c x k r u ok yes no and or the to at on of in for with from by is it its this that"
    " if he she we you they me my your his her so do can not all there"
)
# Even of a person known to be called so, these in small letters are not the name.
_ALSO_VERBS = word_set(
    "will mark hope grace bill pat rose art rob sue may june april august summer autumn faith joy"
    " chase miles grant max guy nick rich christian dean dawn gene kit lucky patience mercy"
    " comfort unique innocent precious hunter mason drew frank sandy rusty sterling nan star"
)
_NO_SURNAMES = _NEVER | _MONTHS | {"will"}
_BEFORE_OR_RELATED = _BEFORE_A_NAME | _RELATIONS
_NOT_OF_A_NAME = _TITLES | _PARTICLES
_SENTENCE_ENDS = frozenset('.!?:\n\r“"„«(•–—;…>|*')
SHOUTED_SHARE = 0.7  # of the letters, as in text.py: then capitals say nothing
SHORTEST_SMALL = 3  # letters of a listed name in small letters: “al” and “jo” are typos as well
SHORTEST_UNKNOWN = 3  # of a word in small letters that is in no list
MOST_PARTICLES = 3  # “de la”, “van der”, and one to spare
SHORTEST_SURNAME = 5  # of one behind a name: “tell dana abt it”


@dataclass(slots=True)
class _Word:
    text: str
    start: int
    end: int
    before: str  # what stands between the word before and this one
    key: str
    capital: bool  # “Dana”, neither “dana” nor “DANA”
    listed: bool
    everyday: bool
    is_name: bool = False

    @property
    def begins(self) -> bool:
        """A sentence, so that its capital says nothing."""
        gap = self.before.strip(" ")
        return self.start == 0 or bool(_SENTENCE_ENDS.intersection(gap)) or gap in {"-", "- "}

    @property
    def unknown(self) -> bool:
        return not self.listed and not self.everyday

    @property
    def joined(self) -> bool:
        """To the word before, by nothing but a space."""
        return self.before == " "


def names(text: str, known: frozenset[str]) -> list[Found]:
    """In the order of the text. `known`: words that are names here, as `words_of` gives them."""
    words = list(_words(text))
    for at, word in enumerate(words):
        word.is_name = _is_name(words, at, text, known)
    _join(words, text)
    return list(_spans(words, text))


def words_of(name: str) -> list[str]:
    """The words of a full name, as `names` knows them. Without the titles."""
    keys = [_bare(key_of(word[0])) for word in _WORD.finditer(name)]
    return [key for key in keys if len(key) > 1 and key not in _NOT_OF_A_NAME]


def _words(text: str) -> Iterator[_Word]:
    letters = [char for char in text if char.isalpha()]
    shouted = sum(map(str.isupper, letters)) >= SHOUTED_SHARE * len(letters) and len(letters) > 3
    end = 0
    for found in _WORD.finditer(text):
        word, key = found[0], key_of(found[0])
        bare = _bare(key)
        parts = [part for part in _PARTS.split(key) if part]
        everyday = key in EVERYDAY or bare in EVERYDAY or all(part in EVERYDAY for part in parts)
        listed = (
            bare in NAMES
            or (len(parts) > 1 and any(part in _ONLY_NAMES for part in parts))
            or (
                not everyday
                and len(bare) > SHORTEST_SMALL
                and bare.endswith("s")
                and bare[:-1] in _ONLY_NAMES
            )
            or _IRISH_OR_SCOTTISH.fullmatch(word) is not None
        )
        large = len(word) > 1 and word.isupper()  # “Table for FLORES”, but not “Reply STOP”
        capital = (
            not shouted and word[0].isupper() and not (large and not (listed and len(word) > 2))
        )
        yield _Word(
            word,
            found.start(),
            found.end(),
            text[end : found.start()],
            bare,
            capital,
            listed,
            everyday,
        )
        end = found.end()


def _bare(key: str) -> str:
    """Without the s of the owner: “dana's”."""
    return re.sub(r"['’ʼ]s?$", "", key)


def _is_name(words: Sequence[_Word], at: int, text: str, known: frozenset[str]) -> bool:
    word = words[at]
    if word.key in _NEVER and not (word.capital and word.key in NAMES):
        return False
    if word.key in _TITLES and _is_title(words, at):
        return False
    is_known = word.key in known or (word.key.endswith("s") and word.key[:-1] in known)
    if is_known and (
        not word.everyday
        or (word.capital and not word.begins)
        or (word.key in TOLD_BY_A_VERB and word.key not in _ALSO_VERBS)
        or _is_introduced(words, at, text)
    ):
        return True
    if word.listed and not word.everyday:
        return (
            word.capital
            or len(word.key) >= SHORTEST_SMALL
            or _is_introduced(words, at, text)
            or _is_addressed(words, at, text)
        )
    if word.capital:
        return _is_capital_name(words, at, text, is_known)
    return _is_small_name(words, at, text)


def _is_capital_name(words: Sequence[_Word], at: int, text: str, is_known: bool) -> bool:
    word, following = words[at], _following(words, at)
    if len(word.text) == 1:
        return False
    if word.unknown:
        return (
            not word.begins
            or word.text.endswith(("'s", "’s"))
            or (following is not None and following.joined and not _ENGLISH.search(word.key))
            or _stands_alone(words, at, text)
        )
    if not word.listed and not is_known:
        return _is_titled(words, at) and word.key not in _NEVER
    if (
        _is_titled(words, at)
        or _is_introduced(words, at, text)
        or _is_addressed(words, at, text)
        or _is_behind_initial(words, at)
    ):
        return True
    if (
        at > 0
        and not word.begins
        and word.key not in _MONTHS
        and (words[at - 1].key in _BEFORE_OR_RELATED or "&" in word.before)
    ):
        return True
    if word.key not in TOLD_BY_A_VERB:
        return False
    if word.begins and word.key not in _MONTHS and _stands_alone(words, at, text):
        return True
    if following is None or not following.joined:
        return "&" in (following.before if following else "") or word.text.endswith(("'s", "’s"))
    if word.key in _MONTHS:
        after = _following(words, at + 1)
        return following.key in _VERBS_OF_MONTHS or (
            following.key == "is" and after is not None and after.key in _AWAY
        )
    return following.key in _VERBS or word.text.endswith(("'s", "’s"))


def _is_small_name(words: Sequence[_Word], at: int, text: str) -> bool:
    """A word in small (or only large) letters that no list is sure of."""
    word, following = words[at], _following(words, at)
    if _is_titled(words, at):
        return True
    tells = at == 0 and following is not None and following.key in _TELLING_VERBS
    if word.everyday:
        if tells and word.key in TOLD_BY_A_VERB and word.key not in _MONTHS:
            return True  # “grace cant make it”
        # “hi mark,” and “my name is will”: the only places where nothing else can be meant
        return word.listed and (
            (_is_addressed(words, at, text, _CALLING) and _is_closed(words, at, text))
            or _follows(words, at, _INTRODUCTIONS)
            or (
                word.key in TOLD_BY_A_VERB
                and (at == 0 or _follows(words, at, _POINTING))
                and following is not None
                and following.key in {"here", "speaking"}
            )
        )
    if len(word.key) < SHORTEST_UNKNOWN:
        return False
    if tells and not _ENGLISH.search(word.key):
        return True  # “katya cant come”
    if _is_addressed(words, at, text, _CALLING) or _follows(words, at, _INTRODUCTIONS):
        return True
    if _follows(words, at, _MYSELF) and (
        _is_closed(words, at, text) or (following is not None and following.key in _GOING_ON)
    ):
        return not word.key.endswith(("ing", "ed", "in"))  # “im runnin, sorry”
    behind = following is not None and following.joined and following.key in _BEHIND_A_NAME
    if behind and (word.begins or _follows(words, at, _POINTING)):
        return True
    if word.key.endswith(("s", "ed", "ing")):  # “my dog barks”: a verb that no list has
        return False
    return (
        at > 1 and words[at - 1].key in _RELATIONS and words[at - 2].key in _OWNERS and word.joined
    )


def _is_title(words: Sequence[_Word], at: int) -> bool:
    """“Don Chucho”: what stands before a name is no name."""
    following = _following(words, at)
    if following is None:  # a chip stands there by now
        return words[at].key not in NAMES
    return following.before in {" ", ". "} and following.capital


def _is_titled(words: Sequence[_Word], at: int) -> bool:
    """Behind “Mrs” all but “ms who?” is a name, behind “doctor” what may be one."""
    word = words[at]
    if at == 0 or word.before not in {" ", ". ", "."} or word.key in {"and", "or"}:
        return False
    title = words[at - 1]
    if title.key in _ALWAYS_TITLES:
        return word.capital or (word.key not in _NEVER and (word.listed or word.unknown))
    if title.key not in _TITLES:
        return False
    if word.capital and title.text[0].isupper():
        return word.listed or word.unknown or title.key in _KIN
    given = word.key in TOLD_BY_A_VERB and word.key not in _ALSO_VERBS
    return (given or (word.unknown and len(word.key) >= SHORTEST_UNKNOWN)) and word.joined


def _is_behind_initial(words: Sequence[_Word], at: int) -> bool:
    """“T. Bloom”, not “Reply Y. Will call”."""
    if at == 0 or words[at].before not in {". ", "."} or not words[at - 1].text.isupper():
        return False
    asks = at > 1 and words[at - 2].key in _ASKS_FOR_A_KEY
    return len(words[at - 1].text) == 1 and words[at - 1].key != "i" and at > 1 and not asks


def _is_introduced(words: Sequence[_Word], at: int, text: str) -> bool:
    if _follows(words, at, _INTRODUCTIONS_AND_POINTING) and words[at].before in {" ", ": "}:
        return True
    following = _following(words, at)
    if words[at].begins and following is not None and following.joined:
        return following.key in {"here", "speaking"}
    return _is_signature(words, at, text)


def _is_addressed(
    words: Sequence[_Word], at: int, text: str, greetings: frozenset[str] = _GREETINGS
) -> bool:
    if at == 0 or words[at - 1].key not in greetings:
        return False
    return words[at].before in {" ", ", ", "! "}


def _is_closed(words: Sequence[_Word], at: int, text: str) -> bool:
    """A comma, a mark or the end comes behind it."""
    return text[words[at].end : words[at].end + 1] in {"", ",", "!", ".", "\n", "?"}


def _is_signature(words: Sequence[_Word], at: int, text: str) -> bool:
    """The last word, on a line of its own or behind a dash."""
    word = words[at]
    if at != len(words) - 1:
        return False
    return "\n" in word.before or word.before.strip(" .,!") in {"-", "–", "—", "~"}


def _stands_alone(words: Sequence[_Word], at: int, text: str) -> bool:
    """At the start of a sentence, before a comma or colon, or as the signature."""
    return text[words[at].end : words[at].end + 1] in {",", ":"} or _is_signature(words, at, text)


def _follows(words: Sequence[_Word], at: int, openings: frozenset[str]) -> bool:
    if at == 0 or not (words[at].joined or words[at].before == ": "):
        return False
    one = words[at - 1]
    if key_of(one.text) in openings:
        return True
    return at > 1 and f"{words[at - 2].key}_{one.key}" in openings


def _following(words: Sequence[_Word], at: int) -> _Word | None:
    return words[at + 1] if at + 1 < len(words) else None


def _join(words: Sequence[_Word], text: str) -> None:
    """What belongs to a name beside it: surnames, initials, “de la”."""
    for at in range(1, len(words)):
        word, previous = words[at], words[at - 1]
        if word.is_name or not previous.is_name:
            continue
        if word.joined and _is_rest_of_name(words, at, text):
            word.is_name = True
        elif word.joined and word.key in _AND and at + 1 < len(words):
            other = words[at + 1]  # “rosie and dougie”
            small = not previous.capital and not other.capital
            if other.joined and other.unknown and small and len(other.key) >= SHORTEST_SURNAME:
                other.is_name = True
        elif word.joined and word.key in _PARTICLES:
            further = at + 1
            while further < min(len(words), at + MOST_PARTICLES) and _is_particle(words[further]):
                further += 1
            if further < len(words) and words[further].joined and words[further].capital:
                for each in words[at : further + 1]:
                    each.is_name = True
    for at in range(len(words) - 2, -1, -1):
        word, following = words[at], words[at + 1]
        if word.is_name or not following.is_name or word.key in _TITLES:
            continue
        initial = len(word.text) == 1 and word.text.isupper() and word.key != "i"
        given = word.unknown or (word.listed and word.key not in _NO_SURNAMES)
        if (initial and following.before in {". ", "."}) or (
            word.capital and following.joined and following.capital and given
        ):
            word.is_name = True


def _is_particle(word: _Word) -> bool:
    return word.joined and word.key in _PARTICLES


def _is_rest_of_name(words: Sequence[_Word], at: int, text: str) -> bool:
    word = words[at]
    if word.key in _NO_SURNAMES:
        return (
            len(word.text) == 1
            and word.text.isupper()
            and word.key not in {"i", "y"}
            and (text[word.end : word.end + 1] in {"", ".", ",", "!", ":"})
        )
    if word.capital:
        return word.listed or word.unknown
    # Who writes a given name with a capital writes the surname with one.
    return not words[at - 1].capital and word.unknown and len(word.key) >= SHORTEST_SURNAME


def _spans(words: Sequence[_Word], text: str) -> Iterator[Found]:
    """Words of one name become one chip; the s of the owner stays outside."""
    start = end = None
    for word in words:
        if not word.is_name:
            continue
        owned = re.search(r"['’ʼ][sS]$", word.text)
        word_end = word.start + owned.start() if owned else word.end
        if start is not None and end is not None and _is_one(text[end : word.start]):
            end = word_end
            continue
        if start is not None and end is not None:
            yield Found("name", start, end)
        start, end = word.start, word_end
    if start is not None and end is not None:
        yield Found("name", start, end)


def _is_one(gap: str) -> bool:
    return gap in {" ", ". ", "."}

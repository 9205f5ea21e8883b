"""What else a reply says that no label tells of: how to reach somebody, what stands wrong in the
records, that somebody has had enough. Pure.

`other` is the label of what staff should see, and `wrong_number` ends at a person, too: a tag says
at a glance what there is to do. Rules look for the words, written to be right rather than to find
all; frustration leans on the tone that was read. docs/labels.md says what each tag means.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from classifier.readings import Pair
from classifier.taxonomy import Taxonomy
from classifier.text import fold

PREFERENCE = "preference"
DATA_CORRECTION = "data_correction"
FRUSTRATION = "frustration"
TAGS: Mapping[str, str] = {  # and how people are told of each
    PREFERENCE: "How to reach them",
    DATA_CORRECTION: "Correct the records",
    FRUSTRATION: "Has had enough",
}

OTHER, WRONG_NUMBER = "other", "wrong_number"
TAGGED = frozenset({OTHER, WRONG_NUMBER})  # the labels that carry tags
ALIKE = 0.6  # two words as alike as "dana" and "diana" are two spellings of one name


def has_tags(taxonomy: Taxonomy) -> bool:
    """The rules know what these labels of this question mean; another job's may mean anything."""
    question = taxonomy.primary
    return question.name == "intent" and set(question.label_names) >= TAGGED


def tags_of(pair: Pair, *, label: str, tone: str | None) -> tuple[str, ...]:
    """In the order of TAGS. `label` and `tone` are what was read."""
    if label not in TAGGED:
        return ()
    return tuple(_tags(_words(pair.text), label=label, tone=tone))


def _tags(words: str, *, label: str, tone: str | None) -> Iterator[str]:
    stranger = label == WRONG_NUMBER
    # How a stranger would like to be reached is no preference of anybody whom we want to reach.
    if not stranger and _PREFERENCE.search(words):
        yield PREFERENCE
    if (
        _CORRECTION.search(words)
        or (_BY_A_STRANGER if stranger else _OF_OWN_DATA).search(words)
        or (not stranger and _respells(words))
    ):
        yield DATA_CORRECTION
    if _is_frustrated(words, stranger=stranger, tone=tone):
        yield FRUSTRATION


def _is_frustrated(words: str, *, stranger: bool, tone: str | None) -> bool:
    """Plain words say it in any tone but a warm one. An attack is always at us; unhappiness may be
    about a broken arm or a death, so that it takes a word that points at us. A stranger who is
    unhappy is so about our text.
    """
    if tone == "hostile":
        return True
    if tone != "positive" and _HAD_ENOUGH.search(words):
        return True
    if tone != "negative":
        return False
    return not _GRIEF.search(words) and (stranger or _AT_US.search(words) is not None)


def _respells(words: str) -> bool:
    """ "it's Dana not Diana", "es Yesenia, no Jessenia" """
    return any(
        said[1] != said[2] and SequenceMatcher(None, said[1], said[2]).ratio() >= ALIKE
        for said in _NOT_BUT.finditer(words)
    )


def _words(text: str) -> str:
    """Folded, and without accents, which people leave out as often as not."""
    return "".join(
        char for char in unicodedata.normalize("NFD", fold(text)) if not unicodedata.combining(char)
    )


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in patterns))


# Every pattern below is matched with `_words`: small letters, no punctuation, "dont" for "don't".

# ---- preference ----------------------------------------------------------------------------

_WAY = (
    r"(?:text|txt|sms|message|msg|e ?mail|whats ?app|call|phone call|letter|voicemail|landline"
    r"|house phone|home phone|post)s?"
)
_FORMA = r"(?:whats ?app|wasap|wats?ap|correo|e ?mail|mensajes?|llamadas?|telefono|sms|texto|carta)"
_REACH = r"(?:call|ring|phone|text|txt|e ?mail|message|msg|whats ?app|contact|write to|reach)"
_LANGUAGE = r"(?:english|spanish|polish|ingles|espanol|castellano)"
# What a wish begins with: "I'll call my wife", "you text me" and "they rang us" are none.
_ASKED = (
    r"(?:^|(?:please|pls|plz|just|better|instead|only|best to|dont (?:call|ring|text|phone|email)"
    r"|(?:can|could|would|will|can somebody|can someone) (?:you|u|ye|yous|yall|they)(?: please)?"
    r"|(?:can|could) (?:somebody|someone|anyone|anybody|one of you)(?: please)?) )"
)
_NO_NAME = (  # "call me crazy"
    r"(?! (?:crazy|mad|old|hand|an?|lazy|silly|stupid|cynical|mr|mrs|ms|sir|what|when|if)\b)"
)
_HOUR = r"(?:\d\w*|noon|lunch|work|school|\w+ oclock)"
_PARTS = r"(?:mornings?|afternoons?|evenings?|nights|weekdays|weekends?|lunch ?times?)"
_NO_WAY = r"(?:calls?|texts?|voicemails?|messages?)"
_WHEN = r"(?:at|before|after|during)"

_PREFERENCE = _any_of(
    # This way, or by somebody else
    rf"{_ASKED}{_REACH} (?:me|us|my \w+|him|her){_NO_NAME}",
    r"gi(?:ve|e) (?:me|us) a (?:ring|call|buzz|bell|tinkle)",
    rf"{_WAY} (?:is|are|works?|would be|suits?(?: me)?) (?:\w+ )?"
    r"(?:better|best|easier|easiest|preferred|quicker|fine calls|fine texts)",
    rf"{_WAY} (?:works|suits) (?:for )?(?:me|us|better|best)",
    rf"i(?: would|d)? (?:much )?(?:prefer|rather)(?: \w+){{0,3}} {_WAY}",
    r"id (?:prefer|rather) (?:you|u|ye) (?:called|rang|phoned|texted|emailed|wrote)",
    rf"{_REACH} (?:me |us )?instead",
    rf"(?:instead of|rather than) (?:a )?(?:{_WAY}|{_REACH}ing)",
    r"(?:please|pls|better|just) use (?:my |the |our )?(?:e ?mail|whats ?app|landline|house phone)",
    r"(?:^|(?:please|pls) )(?:talk|speak) to my (?:\w+)",
    r"(?:can|could|please|pls) (?:(?:you|u) )?(?:send|text|forward) (?:these|them|this|it|all)"
    r"(?: \w+)? to my",
    r"(?:can|could|should) (?:the |your |these |those |ur )?(?:reminders?|texts|messages|these)"
    r" (?:come|go|be sent)",
    # Not this way
    rf"no {_NO_WAY} (?:{_WHEN}|in|on|please|pls)",
    rf"dont (?:call|ring|phone|text) (?:me )?(?:{_WHEN}|{_REACH})",
    r"(?:dont|cant|cannot) do (?:texts|texting|phone calls|e ?mails?|whats ?app)",
    # At these times
    rf"only (?:{_REACH} )?(?:me )?(?:{_PARTS}|after {_HOUR}|before {_HOUR})",
    rf"not (?:before|after) {_HOUR}(?: \w+)? (?:please|pls|plz)",
    r"best (?:time )?(?:to|for) (?:reach|get|catch|call|ring|text|phone|calls|texts)",
    rf"{_PARTS} (?:are|is|works?|suits?) (?:best|better) (?:to|for) (?:call|ring|reach|text|me)",
    r"you can (?:reach|get|catch|call|ring|text) me (?:at|on|by|in|after|before)",
    r"(?:^|please |pls |could you |can you )remind me (?:by|the|an?|in|on|earlier|sooner)",
    # In this language
    rf"(?:text|write|message|email|speak|talk)(?: to)?(?: me| us)? in {_LANGUAGE}",
    rf"^(?:in |en )?{_LANGUAGE} (?:please|pls|por favor)",
    rf"(?:escrib|habl|mand)\w+(?: \w+)? en {_LANGUAGE}",
    rf"(?:no hablo|no entiendo|solo hablo|(?:dont|no) (?:speak|read)) {_LANGUAGE}",
    # All of it in Spanish
    rf"mejor (?:por |un |una |al )?{_FORMA}",
    r"(?:llam|habl|marqu?)(?:a|e|en|an)(?:me|nos|le a mi|lle a mi)",
    r"escrib(?:a|e|an)(?:me|nos)",
    r"prefiero que me (?:llam|escrib|habl|mand|avis|contact|marqu)\w+",
    rf"prefiero (?:por |un |una )?{_FORMA}",
    rf"(?:mand|envi|avis|contact|escrib)\w*(?:me|nos)\w*(?: \w+){{0,3}} por {_FORMA}",
    r"no me (?:llam|escrib|habl|marqu|mand)\w+ (?:al|a la|en|antes|despues|por la)",
)

# ---- data correction -----------------------------------------------------------------------

_THING = (
    r"(?:phone number|number|phone|cell|mobile|e ?mail|address|surname|last name|name|insurance"
    r"|doctor|dentist|birthday|date of birth|dob)"
)
_WHO = r"(?:i|we|he|she|they|ive|weve|hes|shes|theyve|i have|we have|he has|she has|they have)"
_PLACE = (
    r"(?:practice|school|company|firm|clinic|gym|club|surgery|country|area|state|town|flat|house"
    r"|apartment|church)"
)
_RECORDS = (
    r"(?:records?|files?|system|database|lists?|roster|details|books|notes|contacts?|numbers?"
    r"|paperwork|info(?:rmation)?|digits?)"
)
_DATOS = r"(?:datos|registros?|lista|sistema|numeros?|expediente|archivo)"
_A_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"

_CORRECTION = _any_of(
    # Another number, name or address
    rf"(?:my|our|his|her|their|the) new {_THING}(?:s| is| \d\w*)",
    rf"(?:my|our) {_THING} is (?:actually|really)",
    r"(?:my|our) (?:surname|last name|name) is \w+ now",
    rf"changed? (?:my |our |his |her |their )?{_THING}s?",
    rf"(?:my|our|his|her|their|\w+s) {_THING}s? (?:has |have )?changed",
    r"(?:on|got|has|using) (?:an? )?(?:diff|different|another)"
    r" (?:number|phone|cell|mobile|e ?mail)",
    r"numbers? end(?:s|in|ing)?(?: in| with)?(?: an?)? \d+|endi?n?g? is \d+",
    r"(?:try|ring|call|text|its|put)(?: (?:him|her|them|it))?(?: on| at)? \d{3} ?\d{3,4}",
    r"(?:were|number|flat|house|unit|apt|stop at) (?:number )?\d+\w? (?:not|its)"
    r"(?: number)? \d+\w?",
    # Gone, or done with
    rf"(?:{_WHO}|{_WHO} all|^)(?: just| since| recently)? ?moved"
    rf" (?:away|out|house|home|to(?! {_A_DAY})|abroad|from|new|last|years?|ages"
    r"|(?:two|three|\d+) (?:years|months))",
    rf"emigrated|{_WHO} left (?:that|the|your|this) {_PLACE}|{_PLACE} (?:i|we) left",
    rf"{_WHO} (?:switched|changed|moved) (?:to another|to a different|to a new|dentists?|doctors?"
    r"|practices?|providers?|insurers?|vets?|schools?|banks?)",
    r"no longer (?:with|at|a (?:patient|customer|client|member|tenant)|works?|lives?|owns?|go"
    r"|attends?|under|in (?:that|this|your))",
    r"(?:dont|doesnt|do not|does not|havent|hasnt|have not) (?:live|work|own|go|attend|bank|stay"
    r"|rent|been (?:a|an|with|to|your))(?: \w+){0,6} (?:any ?more|no more|since)",
    r"(?:i|we|ive|weve|he|she) sold (?:the|my|our|that|his|her) (?!phone)\w+",
    r"(?:dr \w+|my doctor|my dentist) (?:has |is )?retired",
    # Put your records right
    r"(?<!dont )(?:update|correct|amend|fix|check|sort|double check) (?:up |out )?"
    rf"(?:your|ur|yr|yer|the|my|his|her|their) (?:\w+ )?{_RECORDS}",
    rf"get (?:your|ur) {_RECORDS} (?:right|straight|sorted)",
    r"(?:take|get) (?:\w+ ){1,3}off (?:the|your|ur|his|her|their|my)"
    r" (?:system|files?|records?|books)",
    # All of it in Spanish
    r"(?:me|nos|se) (?:mude|mudo|mudamos|mudaron|cambie de (?:casa|domicilio|direccion))",
    r"(?:cambio|cambie|cambiaron|cambiamos) de (?:numero|cel|celular|telefono|correo|direccion"
    r"|apellido|seguro|domicilio)",
    r"(?:mi|nuestro|nuestra|su|la|el) nuev[oa] (?:numero|correo|direccion|domicilio|telefono)",
    r"tiene otro(?: (?:numero|telefono|celular|cel))?",
    r"ya no soy (?:paciente|client[ea]|alumn[oa]|soci[oa])",
    r"ya no (?:vivo|vive|viven|vivimos|trabaj\w+|voy)",
    rf"(?:actuali[cz]|corri[jg]|revis|cheque)\w+ (?:bien )?(?:sus?|los|el|la) {_DATOS}",
)

# Of the person who writes: in a stranger's mouth the same words only say that it is not they.
_OF_OWN_DATA = _any_of(
    r"(?:its|is|my|name|names|wrong|correct) spel(?:t|led|ling)|spel(?:t|led|ling) (?:wrong|it)",
    r"its with (?:two|one|an?|no|double) \w{1,2}",
    r"(?:con doble|es con|va con|se escribe con) \w{1,4}",
    rf"(?:that|thats|that is) (?:my|our) old {_THING}",
    rf"my {_THING} (?:is |are |down )?wrong",
    r"wrong (?:spelling|birthday|address|surname|dob|e ?mail)",
    r"(?:mr|mrs|miss|ms|dr)(?: \w+)?(?: now)? not (?:mr|mrs|miss|ms|dr)",
)

_LATE = r"late (?:husband|wife|mother|father|mum|mom|dad|brother|sister)s?"

_BY_A_STRANGER = _any_of(
    r"passed away|deceased|fallecio|murio|(?:he|she|mr \w+|mrs \w+) died",
    rf"my {_LATE}",
    r"please fix (?:it|this|that)|fix (?:it|this) please",
    r"i left (?:\w+ ){1,2}(?:years?|months?) ago|\w+ was let go",
)

_NOT_BUT = re.compile(
    r"\b(?:its|it is|im|i am|name is|es|soy) (\w{3,30}) (?:and )?(?:not|no) (\w{3,30})\b"
)

# ---- frustration ---------------------------------------------------------------------------

_NTH = r"(?:third|3rd|fourth|4th|fifth|5th|sixth|6th|seventh|tenth|umpteenth|hundredth|\d\dth)"

_HAD_ENOUGH = _any_of(
    rf"{_NTH} (?:time|text|message)(?! lucky)|for the last time|how many (?:more )?times",
    r"told (?:you|u|ye|yous|yall|unu|you people|you lot)"
    r" (?:already|twice|before|that|last|\w+ times?)",
    r"already told (?:you|u|ye|yall)|(?:keep|kept) telling",
    r"(?:sick|fed up|tired) (?:of|with)"
    r" (?:this|these|your|ur|you|the|all|it|getting|gettin|hearing)",
    r"(?:this is|thats|that is|youre|you are|absolutely|beyond|utterly|simply) ridiculous",
    r"^ridiculous",
    r"(?:this is|its|absolutely|totally|completely) (?:unacceptable|a disgrace|a joke|a shambles)",
    r"(?:what an?|an? absolute|an? complete|an? total) (?:joke|shambles|disgrace|farce)",
    r"(?:worst|terrible|awful|appalling|shocking) (?:service|experience)|waste of (?:my|our) time",
    r"(?:es|por) la (?:tercera|cuarta|quinta|enesima) vez|mil veces",
    r"ya (?:les?|te|se los) (?:he )?dij?[eh]\w*|hart[oa]s? de|falta de respeto",
    r"dejen de (?:confundirme|molestar\w*|escribir\w*)",
)

# Only where the tone is unhappy.
_AT_US = _any_of(
    r"you|u|your|ur|yours|youre|youve|yall|ye|yous|youse|yuh|allyuh|unu",
    r"last (?:time|week|month|year|one|appointment|visit)|every (?:time|week|month)",
    r"again|still|typical|seriously|enough|forever|sigh|unfair|not fair",
    rf"(?<!the ){_NTH}|twice|\w+ times",
    r"nobody|no ?one|never (?:came|call|calls|rang|rings|showed|turned|got|once)",
    r"(?:an|one|two|three|\d+) (?:hours?|mins?|minutes)|on hold|waiting|waited|queue|too late",
    r"rude|disappoint\w*|disgust\w*|useless|joke|shocking|appalling|pathetic|ridiculous|rubbish",
    r"worst (?:ever|\w+ (?:ever|of my|ive))|disgrace\w*|unacceptable|shambles|incompetent",
    r"messed up|refund\w*|charge|charged|overcharged|cobraron|reembolso",
    r"otra vez|esta vez|nadie|nunca|siempre|semanas|horas|verguenza|respeto|ustedes|pesim\w+",
)

_GRIEF = _any_of(
    rf"{_LATE}|passed away|died|funeral|buried|fallecio|murio|lost (?:ours|our|my|him|her)",
    r"worr(?:y|ying|ied)|hope (?:ur|youre|you are|yall)",
)

"""What gives a person away by its form: mails, links, addresses, dates, times, numbers. Pure.

English and Spanish words, and the ways of writing of the places where they are spoken. Relative
days (“tomorrow”), bare weekdays and lone figures (“2”, “see you at 4”) name nobody and often are
the whole answer, so they stay. So do sums of money.

None of the forms can run away: every repetition is bounded, or starts only where a run of its
characters begins.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.everyday import EVERYDAY, key_of, word_set


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    start: int
    end: int


# ---- mails and links
_MAILS = (
    r"(?<![\w.+'’-])[\w.+'’-]+@[\w-]+(?:\.[\w-]+)*",
    # as people write what a form would not take
    r"(?<![\w.+-])[\w.+-]{1,64} ?(?:\(at\)|\[at\]) ?[\w-]{1,63}"
    r"(?: ?(?:\.|\(dot\)|\[dot\]) ?[\w-]{1,63}){1,3}",
    r"(?<![\w.+-])[\w.+-]{1,64} at [\w-]{1,63}(?: dot [\w-]{2,63}){1,3}",
)
# A dot without a space behind it is often only a full stop (“ok.me too”): these endings count
# anywhere, any other one only with a path behind it.
_ENDINGS = (
    "com|org|net|info|biz|edu|gov|io|app|link|health|care|dental|clinic|shop|site|online|page"
    "|co|uk|ie|eu|us|ca|au|nz|ng|gh|ke|za|pl|de|fr|es|mx|ly|example|test|invalid"
)
_LINKS = (
    r"\bhttps?:/{1,2}\S*[\w/]",
    r"\bwww\.\S*[\w/]",
    rf"(?<![\w.@-])(?:[\w-]{{1,63}}\.){{1,6}}(?:{_ENDINGS})(?![\w-])(?:[/?#]\S*[\w/])?",
    r"(?<![\w.@-])[\w-]{2,63}\.[a-z]{2,6}/\S*[\w/]",
)

# ---- addresses
_STREETS = (  # words that stand behind nothing else than a street's name
    "street|str|road|rd|avenue|ave|av|lane|ln|crescent|cres|boulevard|blvd|terrace|mews|gardens"
    "|gdns|grove|parade|highway|hwy|parkway|pkwy|turnpike|circus|esplanade|quay|wharf|st"
)
_MAYBE_STREETS = (  # and words that also mean something
    "drive|dr|close|cl|court|ct|place|pl|way|walk|hill|park|row|square|sq|view|rise|green|yard"
    "|circle|cir|loop|trail|trl|run|glen|heights|point|pt|house|estate|path|bank|vale|mill|alley"
)
_UNIT = (
    r"(?:(?:flat|apt\.?|apartment|unit|suite|ste|room|piso|depto\.?) ?\#?\w{1,4},? ?(?:,|-|of|at)?"
    r" ?)?"
)
_HOUSE = r"(?:\#|no\.? ?|number )?(?<![\w£$€.:,/])\d{1,5}(?:[/-]\d{1,4})?[a-zA-Z]?(?: \d{1,4})?,? "
_WORDS = r"(?:[^\W\d_][\w'’]* )"
_PROPER = r"[A-Z][\w'’]+"
_CITY = (  # “, Denver CO 80204”
    r"(?:,? (?:[A-Z][a-z]+ ){0,2}[A-Z][a-z]+,? [A-Z]{2} \d{5}(?:-\d{4})?)?"
)
# The letters that its second half never has keep “b4 2pm” and “gr8 2nd time” out.
_UK_POSTCODE = r"\b[a-z]{1,2}\d[a-z\d]? ?(?!\d(?:st|nd|rd|th)\b)\d[abd-hjlnp-uw-z]{2}\b"
_STREET_ALONE = (  # no house number, but a capital: “on Copper Beech Drive”
    rf"(?<=\b[Oo]n |\b[Tt]o |\b[Aa]t |\b[Ii]n )(?:{_PROPER} ){{1,2}}(?:{_STREETS}|drive|close|court"
    r"|Street|Road|Rd|Avenue|Ave|Lane|Crescent|Boulevard|Terrace|Mews|Gardens|Grove|Drive|Close"
    r"|Court|Place|St)\b"
)
_HOUSE_BY_NAME = (  # “Rose Cottage, Mill Lane”
    rf"\b(?:{_PROPER} ){{1,2}}(?:Cottage|House|Lodge|Farm|Barn|Hall|Villa|Court),"
    rf" (?:{_PROPER} ){{1,2}}(?:Street|St|Road|Rd|Lane|Avenue|Ave|Close|Drive|Way|Hill|Row)\b"
)
_ADDRESSES = (
    rf"(?:\bThe [A-Z][a-z]+, )?(?i:\b{_UNIT}){_HOUSE}"
    rf"(?P<between>(?:(?i:st|mt)\. )?{_WORDS}{{1,3}}?)"
    rf"(?P<street>(?i:{_STREETS}|{_MAYBE_STREETS}))\b(?! (?i:of|to)\b)"
    rf"(?: (?i:{_STREETS})\b)?"  # “22 Quay St”
    r"(?: (?i:north|south|east|west|[nsew])\b)?(?:,? (?i:flat|apt|unit|suite) ?\#?\w{1,4}\b)?"
    rf"{_CITY}",
    r"\b(?i:calle|c/|avenida|avda\.?|av\.|paseo|plaza|carrera|camino|calzada|ul\.|ulica|aleja"
    r"|al\.|rue|via)(?![a-z]) ?(?:(?i:de|del|la|las|los) ){0,2}(?:[^\W\d_][\w'’.]*,? ){1,3}"
    r"(?:n[ºo°]\.? ?)?\d{1,5}\w?\b(?:/\d{1,4}\b)?",
    r"\b(?i:calle|carrera|cra\.?|transversal|diagonal) \d{1,3}\w? ?(?:\#|[Nn]o\.?) ?\d{1,3}\w?"
    r"-\d{1,3}",
    rf"(?<=\b[Uu]l\. ){_WORDS}{{1,3}}\d{{1,4}}\w?\b(?:/\d{{1,4}}\b)?",
    r"\b[A-ZÀ-Ž][a-zà-ž]{1,40}(?:stra(?:ss|ß)e|straat|gatan|vej|gasse|weg) \d{1,4}\w?\b",
    r"\b(?i:p\.? ?o\.? box|apartado) \d{1,6}\b",
    r"(?<=\b[Aa]t )(?P<number>\d{2,5}) (?P<street_alone>[A-Z][a-z]{3,})\b",  # “44 Alder”
    rf"\b(?i:unit|suite|flat|room) \d{{1,3}}[a-z]?, (?P<building>{_PROPER}(?: {_PROPER}){{0,3}})\b",
    rf"(?i:{_UK_POSTCODE})",
    r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b",  # Canada
    r"\b[AC-FHKNPRTV-Y]\d[\dW] ?[A-Z\d]{4}\b",  # Ireland
    r"\b[A-Z]{2} \d{5}(?:-\d{4})?\b",  # a state and its zip
    r"(?<=\b[Zz]ip )\d{5}\b|(?<=\bzip code )\d{5}\b",
)

# ---- dates
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto"
    "|septiembre|octubre|noviembre|diciembre|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca"
    "|sierpnia|września|października|listopada|grudnia"
)
_ENGLISH_DAYS = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?"
    "|sun(?:day)?"
)
_SPANISH_DAYS = "lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo"
WEEKDAYS = f"{_ENGLISH_DAYS}|{_SPANISH_DAYS}"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ORDINAL = rf"{_DAY}(?:st|nd|rd|th)\b"
_WEEKDAY = rf"(?:\b(?:{WEEKDAYS})\b\.?,? (?:the |el |de )?)?"
_YEAR = r"(?:,? (?:de |del )?(?:19|20)\d\d\b| ?['’]\d\d\b)?"
_ONES = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_LATE = (
    "tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth"
    "|nineteenth|twentieth|thirtieth"
)
_WORD_ORDINAL = rf"(?:(?:twenty|thirty)[ -])?(?:{_ONES})|{_LATE}"
# What is counted rather than dated: “the 2nd visit”, “the 1st one”.
_COUNTED = (
    "visit|time|one|ones|session|dose|jab|shot|appointment|appt|booster|floor|class|lesson|child"
    "|kid|row|door|grade|year|birthday|text|message|msg|call|month|week|day|thing|of all|half|place"
    "|team|party|trimester|opinion|attempt|reminder|person|car|baby|trip|round|term|date|hand"
    "|degree|avenue|ave|street|st|option|slot|choice|question|part|mate|cousin|wedding|anniversary"
    "|century|gear"
)
_WORD_DATES = (
    rf"{_WEEKDAY}\b(?:the )?(?:{_WORD_ORDINAL}) of (?:{_MONTHS})\b",
    rf"{_WEEKDAY}\b(?:{_MONTHS}) (?:the )?(?:{_WORD_ORDINAL})\b",
    # “the second” and its like more often mean the later of two
    rf"\bthe (?:(?:twenty|thirty)[ -](?:{_ONES})|fifth|sixth|seventh|eighth|ninth|{_LATE})\b"
    rf"(?! (?:{_COUNTED})\b)",
)
_DATES = (
    r"\b(?:19|20)\d\d-\d{1,2}-\d{1,2}\b",
    rf"{_WEEKDAY}(?<![\d./-])\d{{1,2}}([./-])\d{{1,2}}\1(?:19|20)?\d\d(?![\d/-])",
    rf"{_WEEKDAY}(?:\bthe |\bel )?(?<![\d.,:£$€-]){_DAY}(?:st|nd|rd|th)?(?: of| de)? ?"
    rf"(?P<month>{_MONTHS})\b(?:\.(?=,? (?:19|20)\d\d\b))?{_YEAR}",
    rf"{_WEEKDAY}\b(?P<month2>{_MONTHS})\b\.?,? (?:the )?(?:{_ORDINAL}|{_DAY}(?![\d:/-]|\.\d"
    rf"| ?[ap]\.?m\b)){_YEAR}",
    rf"\b(?:{_MONTHS})\.? (?:19|20)\d\d\b",
    rf"{_WEEKDAY}(?<![\d/.,£$€-])(?P<day>\d{{1,2}})/(?P<month3>\d{{1,2}})(?![\d/]|-\d)",
    rf"\b(?:{_ENGLISH_DAYS})\b\.?,? (?:the )?{_ORDINAL}(?! (?:{_COUNTED})\b)",
    r"\b(?:the )?(?<!\ba )(?<!\bmy )(?<!\bour )(?<!\bhis )(?<!\bher )(?<!['’]s )(?<!\bevery )"
    rf"(?<![\d.,]){_ORDINAL}(?! (?:{_COUNTED})\b)",
    rf"\b(?:{_SPANISH_DAYS}) {_DAY}\b(?![:.]\d)",
    rf"\b(?:el )?d[íi]a {_DAY}\b(?![:.]\d)",
    rf"\bel {_DAY}\b(?=$|[.,;!?)]| (?:a|de|o|y|no|si|sí|por|en|está|esta|me|puedo|es)\b)",
    r"(?<=\bborn in )(?:19|20)\d\d\b|(?<=\bborn )(?:19|20)\d\d\b",
    r"(?<=\bdob )\d\d ?\d\d ?(?:19|20)?\d\d\b",
)

# ---- times
_HOUR = r"(?:[01]?\d|2[0-4])"
_FREE = r"(?<![\w£$€:/])(?<!\d[.,-])"  # no part of a longer number
_HALF_DAY = r" ?(?:[ap]m\b|[ap]\. ?m\b\.?)"
_CLOCK = rf"{_HOUR}[:.h][0-5]\d"
_UNITS = r"(?! ?(?:%|km|kg|mg|ml|lbs?|miles|hours|hrs?\b|each|quid|euros?|eur|per|x\b))"
_SPOKEN_TIME = (
    rf"\b(?:half|quarter) (?:past|to) (?:{_HOUR}|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve)\b"
)
_TIMES = (
    rf"{_FREE}{_HOUR}(?:[:.][0-5]\d)?(?:{_HALF_DAY})? ?[-–—] ?(?:{_CLOCK}(?:{_HALF_DAY})?"
    rf"|{_HOUR}{_HALF_DAY})(?![\d:])",
    rf"{_FREE}{_CLOCK}(?:{_HALF_DAY}| ?h(?:rs?)?\b)?(?![\d:/]|[.,-]\d){_UNITS}",
    rf"{_FREE}{_HOUR}{_HALF_DAY}",
    rf"{_FREE}[01]?\d[0-5]\d{_HALF_DAY}",
    rf"{_FREE}(?:[01]\d|2[0-3])[0-5]\d ?h(?:rs|ours)\b",
    r"(?:(?<=\bat )|(?<=\bby )|(?<=\bfrom )|(?<=\btill )|(?<=\buntil )|(?<=\baround )"
    r"|(?<=\babout ))(?:[01]\d|2[0-3])[0-5][05]\b",
    rf"{_FREE}{_HOUR} ?o ?['’]? ?cloc?k\b|{_FREE}{_HOUR} ?h\b",
    _SPOKEN_TIME,
)

# ---- numbers
_NAMED = (  # what is called by a number
    "ref(?:erence)?|refs|account|acct?|a/c|acc|policy|card|visa|mastercard|amex|member(?:ship)?"
    "|customer|case|claim|invoice|inv|order|booking|confirmation|conf|ticket|id|dni|nie|curp|rfc"
    "|pesel|nip|ssn|social|nhs|ni|nino|pps|passport|licen[cs]e|licencia|reg(?:istration)?|rego"
    "|plate|vin|pin|code|c[óo]digo|sort code|iban|bic|tracking|patient|file|mrn|student|serial|job"
    "|meter|reading|locker|chip|pan|aadhaar|bvn|nin|medicare|medicaid|insurance|ending|ends"
    "|last four|last 4|matricule|matr[íi]cula|pedido|folio|vehicle|tag|badge|employee|loan|lease"
    "|imei|exp|expiry|expires|cvv|cvc|otp|passcode|password|gate|key ?safe|permit"
)
_NUMBERS = (
    r"\b(?-i:[A-Z]{2})\d{2}(?-i:(?: ?[A-Z\d]{4}){3,7}(?: ?[A-Z\d]{1,3})?)\b",  # IBAN
    rf"\b(?:{_NAMED})\b(?:[ :.#]{{1,3}}(?:{_NAMED}|no|number|num|nr|is|in|was|says|en|es"
    r"|for the \w{1,10} is)\b){0,4}\.?[ :#]{1,3}"
    r"(?P<value>(?=#?(?:[a-z]{0,5}[/-]?\d|(?-i:[A-Z]{1,5}) \d))[A-Za-z\d#]{1,24}"
    r"(?:[ /.-][A-Za-z]{0,3}\d[A-Za-z\d]{0,20}|[/.-][A-Za-z]{1,4}(?=[/.-]\d)){0,6}#?"
    r"(?: (?!(?:OK|YES|NO|AM|PM|I|A)\b)(?-i:[A-Z]{1,3})\b|-[A-Za-z\d]{1,4}\b)?)",
    r"\b[a-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d]\b",  # National Insurance
    r"\b(?:(?-i:[A-Z]{2}\d{2} [A-Z]{3})|[a-z]{2}\d{2}[a-z]{3})\b",  # a British plate
    r"\b\d{2,3}-[a-z]{1,2}-\d{1,6}\b",  # an Irish one
    r"(?<!\w)#[a-z]{0,4}-?\d{3,16}\b",
    # letters and figures in one word, three of them figures; not “100mg”, “30s-40s” or “8-10am”
    r"(?<![\w£$€.,/-])(?=[a-z\d/-]{5,34}(?![\w/-]))(?=(?:[a-z/-]*\d){3})(?=[\d/-]*[a-z])"
    r"[a-z\d]+(?:[/-][a-z\d]+)*(?<!mg)(?<!ml)(?<!km)(?<!kg)(?<!lbs)(?<!th)(?<!hrs)(?<!am)(?<!pm)"
    r"(?<!k)(?<!mb)(?<!gb)(?<!\ds)(?<!\d[ap])\b",
)
_DIGITS = r"(?<![\w£$€])\+?\(?\d(?:[ ().\-/_]{0,2}\d)"
_CARDS = (rf"{_DIGITS}{{12,18}}(?![\w])", r"\b\d{3}-\d{2}-\d{4}\b", r"\b\d{2}-\d{2}-\d{2}\b")
_SPOKEN = "zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine|double|triple|hundred"
_SPOKEN_PHONE = rf"\b(?:{_SPOKEN})(?:[ ,-]{{1,2}}(?:{_SPOKEN}|\d{{1,3}})){{5,20}}\b"
_PHONES = (rf"{_DIGITS}{{6,14}}(?!\w)(?: ?(?:ext\.?|x) ?\d{{1,5}}\b)?", _SPOKEN_PHONE)
_PLAIN_NUMBERS = (
    r"(?<![\w£$€.,])\d{5,18}(?![\w%]|[.,]\d)",
    r"(?<![\w£$€.,/-])\d{3,7}-\d{1,7}(?:-\d{1,7})?(?![\w-])",
    # four figures: a code, the end of a card; neither a year nor a round sum nor so many of a thing
    r"(?<![\w£$€.,:/-])(?!(?:19|20)\d\d\b|\d\d00\b)\d{4}(?![\w%€-]|[.,:]\d)"
    r"(?! ?(?:people|steps|times|words|calories|miles|km|mg|ml|kg|quid|pounds?|euros?|dollars|bucks"
    r"|naira|rupees|pesos|eur|gbp|usd)\b)",
)

# The earlier form wins. Cards before telephones, which are shorter; what is called by a number
# before both.
_FORMS: tuple[tuple[str, tuple[str, ...], re.RegexFlag], ...] = (
    ("email", _MAILS, re.I),
    ("link", _LINKS, re.I),
    ("address", (*_ADDRESSES, _STREET_ALONE, _HOUSE_BY_NAME), re.NOFLAG),
    ("date", (*_DATES, *_WORD_DATES), re.I),
    ("time", _TIMES, re.I),
    ("number", (*_NUMBERS, *_CARDS), re.I),
    ("phone", _PHONES, re.I),
    ("number", _PLAIN_NUMBERS, re.I),
)
# Most replies hold no figure, and then most forms need not be looked for.
_WITHOUT_FIGURES = {
    *_MAILS, *_LINKS, *_WORD_DATES, _STREET_ALONE, _HOUSE_BY_NAME, _SPOKEN_TIME, _SPOKEN_PHONE
}  # fmt: skip
_COMPILED = tuple(
    (kind, re.compile(form, flags), form not in _WITHOUT_FIGURES)
    for kind, forms, flags in _FORMS
    for form in forms
)
_SPACES = str.maketrans(dict.fromkeys("\n\r\t", " "))
# Hyphens of all kinds, which address books put into numbers, and the minus sign; not the long dash.
_HYPHENS = frozenset("\u2010\u2011\u2012\u2013\u2212\ufe58\ufe63\uff0d")
# Parts of other characters, which nobody sees: joiners, soft hyphens, the frame that makes 7 a key.
_INVISIBLE = frozenset({"Cf", "Me"})


def _as_seen(text: str) -> tuple[str, Sequence[int]]:
    """The text as people see it, all spaces alike and all hyphens, nothing invisible; and where in
    `text` each of its characters stands, and its end.
    """
    if text.isascii():
        return text.translate(_SPACES), range(len(text) + 1)
    seen: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        category = unicodedata.category(char)
        if category in _INVISIBLE or "\ufe00" <= char <= "\ufe0f":
            continue
        space = category == "Zs" or char in "\n\r\t"
        seen.append(" " if space else "-" if char in _HYPHENS else char)
        places.append(place)
    return "".join(seen), [*places, len(text)]


def identifiers(text: str) -> list[Found]:
    """In the order of the text; no two of them overlap."""
    text, places = _as_seen(text)
    has_figures = any(map(str.isdigit, text))
    found: list[Found] = []
    taken = bytearray(len(text))
    for kind, form, needs_figures in _COMPILED:
        if needs_figures and not has_figures:
            continue
        for match in form.finditer(text):
            start, end = match.span("value" if "value" in form.groupindex else 0)
            if any(taken[start:end]) or not _holds(kind, match, text):
                continue
            taken[start:end] = b"\1" * (end - start)
            found.append(Found(kind, places[start], places[end]))
    return sorted(found, key=lambda each: each.start)


def _holds(kind: str, match: re.Match[str], text: str) -> bool:
    """What a form alone cannot say."""
    parts = match.groupdict()
    if kind == "address":
        return _is_address(parts)
    if kind == "date":
        return _is_date(match, parts, text)
    if (value := parts.get("value")) is not None:
        digits = sum(map(str.isdigit, value))
        # “card 2” and “order for 12” call nothing by its number, “7YX3QK” does
        one_word = any(map(str.isalpha, value)) and " " not in value and len(value) >= 5
        return digits >= 3 or (digits == 2 and one_word)
    return True


def _is_address(parts: dict[str, str | None]) -> bool:
    """“12 elm st” is one, “10 min drive” and “2 of us close by” are none."""
    if between := parts.get("between"):
        words = between.split()
        if words[0].lower() in _NO_STREET:
            return words == ["the"]  # “14 the green”
        return (parts["street"] or "").lower() in _SURE_STREETS or all(
            word[0].isupper() or key_of(word) not in EVERYDAY or word in _OF_STREETS
            for word in words
        )
    if building := parts.get("building"):  # not “Room 2, Wednesday”
        return key_of(building.split()[0]) not in EVERYDAY or " " in building
    if street := parts.get("street_alone"):  # not “at 10 Monday”
        return key_of(street) not in EVERYDAY or int(parts["number"] or 0) > 31
    return True


_SURE_STREETS = frozenset(_STREETS.split("|"))
# Everyday words that streets are called by, for “7 church close” in small letters.
_OF_STREETS = word_set(
    "high church mill oak park station king kings queen queens hill green elm ash maple cedar pine"
    " lake river spring main school manor grange orchard meadow rose forest garden victoria abbey"
    " castle chapel bridge market windmill cherry willow birch alder rowan juniper larch hazel"
    " aspen hawthorn holly ivy poplar north south east west old new"
)
_NO_STREET = word_set(
    "of min mins minute minutes hour hours people kids cars more miles blocks is in on at to down"
    " up along round the your our my with see and or for"
)


def _is_date(match: re.Match[str], parts: dict[str, str | None], text: str) -> bool:
    behind = text[match.end() : match.end() + 9]
    if month := parts.get("month3"):
        day = int(parts["day"] or 0)
        if match[0] == "24/7" or behind.startswith((" of", " hour")):
            return False
        if match[0] in {"9/10", "10/10"} and not behind.startswith(" at"):  # marks, not dates
            return False
        return (1 <= int(month) <= 12 and 1 <= day <= 31) or (1 <= day <= 12 and int(month) <= 31)
    if (parts.get("month") or "").lower() in _VERBS:  # “only 2 may come”
        return not re.match(r" (?:not |i\b|we\b|be\b|come|go\b|need|have)", behind)
    if (parts.get("month2") or "").lower() in _VERBS:  # “i may 2”
        before = text[max(0, match.start() - 12) : match.start()].split()
        return not before or before[-1].lower() not in _PRONOUNS
    return True


_VERBS = frozenset({"may", "march", "mar"})
_PRONOUNS = word_set("i we you he she they it that this which there")

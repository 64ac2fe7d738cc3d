"""What people write in English while an emergency is open: answers and places.

Values in, values out. Every pattern of an answer is the whole message without spaces and signs,
as ``emergency_flow`` has it for Chinese; what may mean two things stands where nobody would
wait for us and the flow stays open.
"""

import re
import unicodedata
from typing import Literal

Name = Literal[
    "no_phone", "called", "not_now", "false_alarm", "waits_for_us", "not_yet", "outside",
    "done", "next", "over",
]  # fmt: skip

# An answer is short; what is longer is a sentence to look at anew.
MOST_CHARACTERS = 60
# A question mark stays: 「safe?」 tells nothing.
_ANYTHING_ELSE = re.compile(r"[^a-z0-9?]")
_HEAD = r"(?:yes|yeah|ok|okay|oh|please|sorry|but|and|well)*"
_TAIL = r"(?:now|please|already|rightnow|here|thankyou|thanks|thankgod)*"
# Before what is a no, too; 「no safe」 and 「no called」 are what somebody in a hurry makes of not.
_NO = r"(?:no)?"
_SOMEBODY = (
    r"(?:i|we|he|she|they|you|somebody|someone|everybody|everyone|people|allofus|all"
    r"|(?:my|the|our|a)?(?:wife|husband|mother|mum|mom|father|dad|son|daughter|child|kids?|family"
    r"|friend|roommate|neighbou?rs?|guards?|security|property(?:office|management)?))"
)
_IS = (
    r"(?:am|m|is|s|are|re|have|ve|has|had|was|were|been|just|got|all|both|did|already|finally"
    r"|safely)*"
)
_WHOM = (
    r"(?:119|120|110|and|them|it|for|help|the|a|an|to|ambulance|fire(?:brigade|department|fighters?"
    r"|service|truck)|police|emergency|number|services?|anyone|anybody|someone|somebody|people)*"
)
_NOBODY = r"(?:nobody|noone|theydont|theydonot|theydidnt|theydidnot|119doesnt|119doesnot|itdoesnt)"
_FAILS = (
    rf"{_SOMEBODY}?(?:can(?:not|t)|could(?:not|nt)|(?:am|m|are|re)?(?:unable|notable)to)"
    rf"(?:make)?(?:a|any)?(?:phone)?(?:calls?|dial|talk|reach|getthrough|connect){_WHOM}"
    rf"|{_SOMEBODY}?(?:can(?:not|t)|could(?:not|nt))(?:speak|phone){_WHOM}"
    r"|(?:i|we|there)?(?:have|ve|is|s|got)*no(?:more)?(?:mobile|cell)?(?:phone)?"
    r"(?:phone|signal|battery|answer|credit|sim|simcard|network|reception|service|coverage)"
    rf"|{_NOBODY}(?:is|s)?(?:answers?|answered|answering|picks?up|pickedup|pickingup|connect)"
    r"|(?:i|we)?(?:dont|donot)have(?:a|any|my|the)?(?:mobile|cell)?(?:phone|signal|battery|credit|sim)"
    r"|(?:my|the)?(?:mobile|cell)?(?:phone|battery)(?:is|s|has)?(?:dead|died|broken|off|lost|out|outofbattery"
    r"|dying|notworking|doesntwork|doesnotwork|nobattery)"
    r"|(?:the|its?|is|119|120|110|line|number|call|calls|s)*(?:always|still)?"
    r"(?:busy|engaged|failed|fails?|notanswering|notworking|wont(?:connect|gothrough)"
    r"|does(?:nt|not)(?:work|connect|gothrough|answer))"
    r"|(?:i|we)?(?:lost|forgot|lefts?|have)(?:my|our)phone(?:inside)?"
    r"|(?:i|we)?(?:am|m|are|re)?(?:deaf|mute)"
)
_NO_CHINESE = (
    r"(?:i|we)?(?:dont|donot|cant|cannot|can)?(?:speak|know)?(?:no|any)?(?:chinese|mandarin)"
    r"|(?:i|we)?(?:only|just)(?:speak)?english"
)
_CALLS = (
    rf"{_SOMEBODY}?{_IS}(?:called|phoned|dialed|dialled|rang|reported){_WHOM}"
    rf"|{_SOMEBODY}?(?:am|m|is|s|are|re)?(?:calling|talking|speaking|onthe(?:phone|line)(?:with)?)"
    rf"{_WHOM}"
)
_HELP_IS_HERE = (
    r"(?:the|an|a|some)?(?:help|they|fire(?:brigade|department|fighters?|men|truck|engine)|ambulance"
    r"|rescuers?|rescue(?:team)?|property(?:office)?|guards?|somebody|someone|people|police)"
    r"(?:is|s|are|re|has|have|ve)?(?:just|already|now)?(?:coming|here|arrived|onthe(?:ir|its)?way)"
)


def _whole(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"{_HEAD}(?:{'|'.join(patterns)}){_TAIL}")


def _whole_or_asked(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"{_HEAD}{_NO}(?:{'|'.join(patterns)}){_TAIL}(?:yet)?\?*")


_PATTERNS: dict[Name, re.Pattern[str]] = {
    "no_phone": _whole(rf"{_NO}(?:{_FAILS})", _NO_CHINESE, rf"(?:{_CALLS})(?:but|and)(?:{_FAILS})"),
    "called": _whole(_CALLS, _HELP_IS_HERE),
    "not_now": _whole(
        rf"{_NO}(?:it|this|that)?(?:is|s|was)?not(?:really)?(?:happening|real|anemergency)(?:atthemoment)?",
        r"(?:i|we)?(?:am|m|are|re|was)?(?:just|only)(?:asking|curious|wondering|testing|trying|learning"
        r"|wantto(?:know|ask|learn)|wantedto(?:know|ask)|aquestion|atest|adrill|incase)",
        r"(?:this|it)?(?:is|s|was)?(?:just|only)?a(?:test|drill|question|exercise)",
        r"nothing(?:is|has|s)?happen(?:ed|ing|s)",
        r"(?:it)?(?:was|happened)?(?:yesterday|lastweek|lastmonth|lastyear|longago)",
        r"(?:it)?(?:was|is|s)?(?:sent|typed)?(?:a|my|by)?(?:mistake|misunderstanding|typo)",
        r"wrongbutton",
    ),
    "false_alarm": _whole(r"(?:it|that|this)?(?:was|is|s)?(?:just|only)?a?falsealarm"),
    "waits_for_us": _whole_or_asked(
        r"(?:can|could|will|would)?(?:you|u)?(?:please|just)?(?:help|call|phone|dial|send|come|hurry)"
        r"(?:up|me|us|with|for|quick|quickly|fast|soon|a|an|the|your|team|help|someone|somebody|people"
        r"|119|120|110|ambulance|police|fire(?:brigade|department|fighters?|truck|engine))*",
        r"saveme|saveus|(?:is|are)(?:you|they|help|anyone|anybody|somebody|someone)(?:coming|there|onthe"
        r"way|here)|(?:when|howsoon|howlong)(?:will|until|till|before|do|are|does|is)?(?:you|they|help|it"
        r"|the)*(?:firetruck|firefighters|ambulance)?(?:come|coming|arrive|arrives|take|behere|gethere)?",
        r"whereare(?:you|they)|whattime(?:will)?(?:you|they)(?:come|arrive)",
    ),
    "not_yet": _whole_or_asked(
        r"no|nope|notyet|notnow|(?:i|we)?cant|(?:i|we)?cannot|dontknow|i(?:dont|donot)know|idk",
        rf"(?:{_SOMEBODY})?(?:have|has|did|had|ve)?(?:not|nt|nobody|noone)(?:has|have)?call(?:ed)?{_WHOM}",
        rf"(?:nobody|noone)(?:has)?called{_WHOM}",
        rf"(?:i|we)?(?:ll|will|am|m|are|re)?(?:goingto|gonna|aboutto|tryingto|tryto|try)?call{_WHOM}",
        rf"(?:do|should|must|can|shall)(?:i|we)(?:haveto|needto|really)?call{_WHOM}",
        r"(?:who|whom|what|which)(?:number|should|do|to|can|i|we|shall|need|have)*(?:call|dial|number)",
        r"119|120|110",
    ),
    "outside": _whole(
        rf"{_SOMEBODY}?{_IS}(?:left|out|outside|outdoors|downstairs|onthestreet|inthestreet)"
        r"(?:of)?(?:the|my|our)?(?:building|house|home|flat|apartment|room|lift|elevator)?"
        r"(?:and|we|i|are|am|all)*(?:safe|ok|okay|fine)?",
    ),
    "done": _whole(
        r"ok|okay|k|yes|yeah|yep|yup|sure|fine|good|great|alright|allright|right|done|ididit|ididthat"
        r"|ididthis|finished|gotit|isee|understood|iunderstand|thankyou(?:verymuch)?|thanks|thx|ty",
        rf"(?:{_SOMEBODY}|it|this)?{_IS}(?:ok|okay|fine|alright|allright|good|unhurt|nothurt)",
    ),
    "next": _whole_or_asked(
        r"next(?:step|one)?|then|then?what(?:next|now)?|andthen|whatnext|whatnow|nowwhat|whatelse|whatmore"
        r"|what(?:to|do|should|can|must|else|will|shall|i|we|now)*do(?:now|next|then|first)?|whatisnext"
        r"|whatsnext|(?:the)?nextstep|continue|goon|goahead|more|tellmemore|anythingelse|how",
    ),
    "over": _whole(
        rf"(?:{_SOMEBODY}|it|fire|thefire|thedanger|danger|everything|nowwe)?{_IS}"
        r"(?:safe|safeandsound|rescued|over|putout|extinguished|undercontrol|outofdanger|saved)",
        r"(?:the)?(?:fire|flames?)(?:is|s|are|went|has)?(?:gone)?out",
        r"allclear|(?:i|we)?(?:am|m|are|re)?(?:at|in)(?:the)?hospital",
    ),
}

_PLACE = re.compile(
    r"\b(?:building|bldg|block|tower|unit|flat|room|rm|apartment|apt|floor|house)\W{0,3}"
    r"(?:no|number)?\W{0,3}[0-9]|\b[0-9]+(?:st|nd|rd|th)?\s+(?:floor|building|block|unit)\b"
    r"|\b[0-9]+\s+\w+\s+(?:road|street|avenue|lane)\b|\b\w{3,}\s+(?:road|street|avenue|garden|gardens"
    r"|plaza|mansion|estate|residence|community|hotel|school|university)\b",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(
    r"\?|^is\b|\b(?:what|how|where|when|who|why|which|should|shall|can|could|do|does|is it|are"
    r"|(?:fires?|smoke|burn\w*|flames?|gas|smell\w*|explo\w+|leak\w*|spread\w*))\b",
    re.IGNORECASE,
)
_HAZARD = re.compile(
    r"\b(?:help|trapped|stuck|unconscious|breath\w*|faint\w*|dizzy|hurt|bleeding|shock)\b",
    re.IGNORECASE,
)
_I_AM_AT = re.compile(
    r"^(?:(?:my|our|the)\s+)?(?:(?:address|location|place)\s*(?:is|:)?\s*|(?:i|we|they)\s*['’]?\s*"
    r"(?:am|m|are|re|live)\s+(?:here\s+)?(?:at|in|on)?\s*(?:the\s+)?)",
    re.IGNORECASE,
)


def is_answer(said: str, name: Name) -> bool:
    """Whether a whole message, as :func:`plain` leaves it, is the answer ``name``."""
    return bool(said) and _PATTERNS[name].fullmatch(said) is not None


def plain(text: str) -> str:
    """Return ``text`` as the patterns have it; "" when it is no short English."""
    said = unicodedata.normalize("NFKC", text).lower()
    if any(character.isalpha() and not character.isascii() for character in said):
        return ""
    kept = _ANYTHING_ELSE.sub("", said)
    return kept if len(kept) <= MOST_CHARACTERS and not kept.isdigit() else ""


def looks_like_place(text: str) -> bool:
    """Whether ``text`` reads like where somebody is, neither a question nor news of the fire."""
    return bool(_PLACE.search(text)) and not _NO_PLACE.search(text)


def tells_hazard(text: str) -> bool:
    """Whether ``text`` speaks of somebody in danger."""
    return bool(_HAZARD.search(text))


def bare_place(text: str) -> str:
    """Return a place without 「I am at」 before it."""
    return _I_AM_AT.sub("", text)

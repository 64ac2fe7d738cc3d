"""Text without Chinese characters: calm unless its words tell of danger, in English or pinyin.

The classifiers learned Chinese, and see an emergency in most English and pinyin of everyday
life, in a password, and in what WeChat sends for a smiling face. Values in, values out.
"""

import re
import unicodedata

from storage import is_valid

# What WeChat sends for its own emoji: [Smile], [微笑], and what is pasted along with words.
_CODE = re.compile(r"\[[A-Za-z][A-Za-z0-9 '!-]{0,19}\]|\[[\u3400-\u9fff]{1,4}\]")
_LINK = re.compile(r"(?:https?://|www\.)[^\s\u3400-\u9fff，。！？]+", re.IGNORECASE)

# Our own codes are random letters, in which a classifier sees anything.
_OWN_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}(?![0-9A-Za-z])")

# Things that fire has a part in, and no fire.
_NAMED_AFTER_FIRE = re.compile(
    r"\b(?:fire|smoke|gas|alarm)[ -]?(?:hydrants?|extinguishers?|drills?|doors?|exits?|escapes?"
    r"|stations?|alarms?|detectors?|safety|insurance|lanes?|departments?|brigades?|services?"
    r"|trucks?|engines?|fighters?|hoses?|codes?|rules?|regulations?|prevention|meters?|bills?"
    r"|cards?|compan(?:y|ies)|stoves?|cookers?|heaters?|valves?|pipes?|works|proof|blankets?)\b"
    r"|\bno[ -]smoking\b|\bfalse alarms?\b|\bsmoking (?:area|room|allowed)\b"
)
_DANGER = re.compile(
    r"\b(?:fires?|flames?|smok(?:e|es|ing|y)|burn\w*|ablaze|blaze|gas|leak\w*|hiss\w*|smell\w*"
    r"|explo\w*|blast|bomb|trap(?:ped)?|stuck|help|rescue|sos|save (?:me|us|my|him|her)"
    r"|unconscious|unresponsive|breath\w*|faint\w*|dizzy|collaps\w*|fell|fallen|pulse|stroke"
    r"|(?:not|n't) (?:mov|respond|react|wak)\w*|heart attack|electr\w*|shock\w*|zap|spark\w*"
    r"|emergency|danger\w*|panic|escape|can(?:'t|not| not) get out|no way out|unable|hurt|injur\w*"
    r"|bleed\w*|blood|pain|poison\w*|ambulance|police|119|120|110|die|dying|died|dead|death|kill\w*"
    r"|suicid\w*|jump\w*|hang myself|alive|(?:not|n't|to|reason) (?:want to )?liv\w*|hopeless|alone"
    r"|threat\w*|knife|petrol|gasoline|molotov|firebomb|hurry|swell\w*|swollen|bulg\w*|flood\w*"
    r"|drown\w*|chok\w*|attack\w*|vomit\w*"
    # What the classifiers were taught of other languages.
    r"|feu|fume|fumee|secours|gaz|bloque\w*|intoxic\w*|incendi\w*|fuego|humo|quema\w*|arde\w*"
    r"|socorro|ayuda\w*|salimos|mareados|ascens\w*|chispas|respir\w*|brennt|feuer|rauch|hilfe|chay|cuu)\b"
)
# Danger only where one of them fails: 「my elevator is slow」 is none.
_THINGS = re.compile(
    r"\b(?:batter(?:y|ies)|e-?bikes?|scooter|charger|power bank|sockets?|outlets?|plugs?|wires?"
    r"|wiring|cable|elevators?|lifts?|doors?|windows?|stairs?|stairwell|corridor|hallway|alarms?"
    r"|detectors?|stoves?|ovens?|heater|boiler|valve|mother|father|mom|mum|dad|wife|husband|baby"
    r"|child|kid|son|daughter|grand\w+|he|she|somebody|someone|neighbou?rs?)\b"
)
_FAILS = re.compile(
    r"\b(?:won't|doesn't|does not|can't|cannot|can not|stopped|broke\w*|hot|heat\w*|ring\w*"
    r"|going off|went off|beep\w*|overheat\w*|melt\w*|lock\w*|block\w*|jammed|scream\w*|shout\w*"
    r"|crying|shaking|threw|falls?|popping|cut)\b"
)
# Pinyin runs together; each is long enough to stand in no English word.
_PINYIN = re.compile(
    r"zhao(?:le|qi)?huo|qihuo|shihuo|huozai|jiuhuo|maohuo|huohenda|huohaoda|ranqilai|shaoqilai"
    r"|louqi|meiqi|ranqi|qiwei|jiuming|jiuwo|jiujiu|baozha|zhongdu|yiyanghuatan|hunmi|hundao|yundao"
    r"|jiaobuxing|hanbuxing|huxi|chudian|beikun|kunzai|kundao|chubuqu|taobuchu|xiabuqu|dakaibuliao"
    r"|dabukai|dianti|maoyan|nongyan|dayan|duoyan|quanshiyan|youyan|jinyan|yanhen|liuxue|diandong"
    r"|dianping|baojing|hunguoqu|fanying|tangle|tangdao|tangshang|shaoshang"
)
_PINYIN_ALONE = re.compile(r"\b(?:huo|yan|zhale)\b")


def readable(text: str) -> str:
    """Return the words in ``text``, without links, our codes and those of a chat's own emoji."""
    return _OWN_CODE.sub(_without_code, _CODE.sub(" ", _LINK.sub(" ", text))).strip()


def _without_code(found: re.Match[str]) -> str:
    """Keep a word of eight letters; one in 32 would pass for a code."""
    written = found[0].replace("-", "")
    is_word = written.isalpha() and not written.isupper()
    return found[0] if is_word or not is_valid(written.upper()) else " "


def is_calm(text: str) -> bool:
    """Whether ``text`` has letters of English only, and no word of danger."""
    said = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    letters = [character for character in said if character.isalpha()]
    if not letters or not all(map(str.isascii, letters)):
        return False
    plain = _NAMED_AFTER_FIRE.sub(" ", said)
    fails = _THINGS.search(plain) and _FAILS.search(plain)
    return not (fails or _DANGER.search(plain) or _in_pinyin(plain))


def _in_pinyin(said: str) -> bool:
    together = "".join(character for character in said if character.isalpha())
    return bool(_PINYIN.search(together) or _PINYIN_ALONE.search(said))

# ruff: noqa: RUF001 - letters of several scripts look alike.
"""What IFEval's checks count in a text, without the data files and packages of its authors: sentences, capital words, language.

They count with NLTK: Punkt for sentences (Kiss and Strunk, 2006), the Treebank rules for words. The rules are written out
here; what Punkt learnt from a corpus of news is replaced by a list of abbreviations and of words that often begin a
sentence. So counts may differ where an abbreviation that is not listed ends in a period, or a rare capitalised word
follows a listed one.

The language is guessed from a text's script, its letters and its small words. The authors use the package langdetect, whose
answer on a few words is close to a guess. This rule agrees with it on nearly all sentences (24 of 25 that were compared); on
few words, none of them typical, it answers English where langdetect may answer anything, and so it does on names in
capitals.
"""

import re
import unicodedata
from collections import Counter

_SHORTENED = (
    "adm ala ariz assn aug ave bros calif capt cie cmdr co col colo conn corp cos ct dec del dist dr fla fri ft ga gen "
    "gov ill inc jan jr kan ky lt ltd maj mass messrs mich minn mo mon mr mrs ms nev nov oct okla pa ph.d prof reps rep "
    "rev sat sen sens sep sept sgt sr st tenn tues thurs va vs vt wash wed wis yr "
    "a.d a.m b.c d.c e.h l.a m.b.a m.d n.c n.d n.h n.j n.m n.y p.m p.o r.i s.c s.d u.k u.n u.s u.s.a u.s.s.r w.va"
)
_OPENING = (
    "a about after all also although an and another any anyone are as at be because before both but by can did do does "
    "during each even every everyone few first for from given had has have he her here his how however i if in instead "
    "is it its just last later let like many maybe more most much my never next no not nothing now of on once one only "
    "or other our over perhaps please remember several she should since so some someone sometimes soon still such that "
    "the their then there these they this those though through thus to today together too under until we what whatever "
    "when where whether which while who why will with without would yes yet you your"
)
ABBREVIATIONS = frozenset(_SHORTENED.split())
STARTERS = frozenset(_OPENING.split())
_CLOSERS = "!?)\";}]*:@'({[\u2018\u2019\u201c\u201d\xab\xbb"
_CLOSER = f"[{re.escape(_CLOSERS)}]"
_MANY = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_TOKEN = re.compile(
    rf"{_MANY}"
    rf"|[^\s(\"`{{\[:;&#*@)}}\]\-,]\S*?(?=\s|$|{_CLOSER}|{_MANY}|,(?=$|\s|{_CLOSER}|{_MANY}))"
    r"|\S"
)
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*")
_INITIAL = re.compile(r"[^\W\d]\.")
_ELLIPSIS = re.compile(r"\.{2,}$")
_REALIGNED = re.compile(r"[\"')\]}\u2018\u2019\u201c\u201d\xab\xbb]+(?=\s|--|$)")
LONGEST_WORD = 500
"""What is looked at of a chunk without spaces, at its end: no sentence ends deeper inside one."""
_APART = re.compile(
    r"--|\.{2,}|[][(){}<>;@#$%&?!*\"`\u2012-\u2015\xab\xbb\u2018\u2019\u201c-\u201e]|''|[:,](?!\d)"
)
_CLITIC = re.compile(r"(?<=[^' ])('[sS]|'[mM]|'[dD]|'ll|'LL|'re|'RE|'ve|'VE|n't|N'T)(?=\s|$)")
_JOINED = re.compile(
    r"\b(can)(not)\b|\b(d)('ye)\b|\b(gim|lem)(me)\b|\b(gon)(na)\b|\b(got)(ta)\b|\b(more)('n)\b"
    r"|\b(wan)(na)(?=\s)",
    re.IGNORECASE,
)
HEAD_CHARS = 5_000
_ONLY = {
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh-cn",
    "BENGALI": "bn",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "KANNADA": "kn",
    "TELUGU": "te",
    "TAMIL": "ta",
    "MALAYALAM": "ml",
    "THAI": "th",
    "HEBREW": "he",
    "GREEK": "el",
}
_SHARED = {
    "CYRILLIC": ("ru", "bg", "uk"),
    "ARABIC": ("ar", "fa", "ur"),
    "DEVANAGARI": ("hi", "mr", "ne"),
}
_LETTERS = {
    "pl": "ąęłńśżź",
    "ro": "șțşţă",
    "tr": "ğış",
    "vi": "ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "ru": "ыэё",
    "bg": "ъ",
    "uk": "іїєґ",
    "fa": "پچژگکی",
    "ur": "ٹڈڑںےہھ",
    "mr": "ळ",
}
"""Letters that other languages of the same script hardly use."""
_WORDS = {
    "en": "a the of and to in is that it was for on are as with his they at be this have from or had by but not what all "
    "were we when your can said there use an each which she do how their if will up other about out many then them "
    "these so some her would make like him into has my you he i am me our no yes its only here more than very should",
    "de": "der die das und ist nicht ich sie es ein eine zu den mit von auf für im dem sich auch als an wie bei oder aus "
    "wir ihr sind war wird mein dein kann nur noch nach über dies dieser diese alles mag",
    "fr": "le la les et est un une des du que qui dans pour pas sur au avec ce cette il elle je nous vous ils sont mais "
    "ou où plus par ne se tout être mon ton son leur très bonjour merci c'est",
    "es": "el la los las y es un una de que en por con para no se su lo como más pero sus le ya o este sí porque esta "
    "son entre está cuando muy sin sobre también me hasta hay donde yo hola gracias estás tu",
    "pt": "o a os as e é um uma de que em por com para não se seu sua do da dos das no na mais como mas foi ao ele tem "
    "à você são está muito já eu também isso só pelo pela até ou olá obrigado nós",
    "it": "il lo la gli le e è un una di che in per con non si da del della dei delle come ma più questo questa sono ha "
    "anche io tu lei noi voi loro nel nella al alla molto ciao grazie perché",
    "nl": "de het een en van ik te dat die in is niet zijn op met voor er maar om hem dan zou of wat mijn men dit zo door "
    "over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze wij",
    "fi": "on ja ei se että hän oli minä mutta kun niin mitä ovat tai myös olen sinä kuin joka tämä vain voi jos nyt sen "
    "olla ole kanssa mukaan hyvin kiitos",
    "sw": "ya na wa kwa ni katika za la cha vya kuwa hii hiyo yake wake sana lakini au kama mimi wewe yeye sisi watu si "
    "kila pia huo hilo mtu nini habari leo",
    "vi": "và là của có không được cho một những các trong này với người đã đến tôi bạn khi để ra cũng như từ về",
    "sv": "och att det som en på är av för med till den inte om ett jag du han hon vi från var så men kan ska mycket",
    "da": "og at det som en på er af for med til den ikke om et jeg du han hun vi fra var så men kan skal meget",
    "pl": "i w na z do nie się że to jest o jak ale po co za od przez dla są być tak czy już tylko może",
    "tr": "ve bir bu için ile de da çok daha ne gibi var ben sen o biz ama değil mi olarak kadar en sonra",
    "id": "dan yang di ini itu dengan untuk tidak dari dalam akan pada ke saya anda adalah juga bisa ada kami mereka",
    "ro": "și de la în cu pe nu este un o care mai din sunt pentru ca să se dar am ai fost acest foarte",
    "hi": "है और के का की में हैं यह को से नहीं पर भी एक था कि हो कर मैं आप",
    "mr": "आहे आणि मी तो ती ते आहेत नाही एक या हे व आपण तुम्ही आम्ही होते होता च्या",
    "ne": "छ र मलाई मन न पर्छ को मा छन् हो यो म हामी तपाईं गर्न भएको पनि लागि छैन एक थियो",
    "ru": "и в не на я что он с как это по но они мы все она так его за ты у же вы бы из мне для",
    "bg": "и да на се в не е за от по са че с аз той тя ние вие те това много ще съм си как",
    "uk": "і в не на я що він з як це по але вони ми все вона так його за ти у та ви до",
    "ar": "في من على أن إلى التي هذا هذه عن مع كان ما لا هو هي كل بعد ذلك",
    "fa": "و در به از که این را با است برای آن خود من هم بود شد تا ما",
    "ur": "کے میں کی ہے اور سے کا کو اس ہیں نے پر بھی یہ تھا ایک",
}
_SMALL = {name: frozenset(each.split()) for name, each in _WORDS.items()}
_LATIN = tuple(name for name in _SMALL if not any(name in each for each in _SHARED.values()))
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|[\u0900-\u097f]+")


def capital_words(text: str) -> int:
    """Return how many words have letters, and only capital ones; ``IT'S`` and ``DON'T`` are two words each.

    Example:
        >>> capital_words("I said WELL-KNOWN, don't SHOUT!")
        3
    """
    spaced = _APART.sub(" ", f" {text} ")
    spaced = _CLITIC.sub(r" \1", spaced)
    spaced = _JOINED.sub(lambda found: " ".join(filter(None, found.groups())), spaced)
    return sum(word.isupper() for word in spaced.split())


def sentence_count(text: str) -> int:
    """Return how many sentences Punkt would find in ``text``.

    Example:
        >>> sentence_count("Dr. Smith came at 5 p.m. today. Really?! Yes.")
        3
    """
    chunks = text.split()
    following = [*chunks[1:], ""]
    return bool(chunks) + sum(map(_ends, chunks, following))


def _ends(chunk: str, behind: str) -> int:
    """Return how many sentences end in ``chunk``, a run of characters without spaces, and another one follows.

    Of the marks in a chunk the last one decides; one that the chunk begins with decides for itself.
    """
    tail = chunk[-LONGEST_WORD:]
    rests = {at: tail[at + 1 :] for at, char in enumerate(tail) if char in ".?!"}
    marks = [at for at, rest in rests.items() if (rest[0] in _CLOSERS if rest else behind)]
    deciding = {*marks[-1:], *(at for at in marks[:1] if at == 0)}
    return sum(_is_end_at(at, tail, behind) for at in deciding)


def _is_end_at(at: int, chunk: str, behind: str) -> bool:
    rest = chunk[at + 1 :]
    closed = _REALIGNED.match(rest)
    if not behind and not (rest[closed.end() :] if closed else rest):
        return False
    return _breaks(chunk[: at + 1] + (rest[:1] or f" {behind[:LONGEST_WORD]}"))


def _breaks(context: str) -> bool:
    """Return whether a token of ``context`` ends a sentence, the last one aside."""
    tokens = _TOKEN.findall(context)
    return any(map(_is_end, tokens, tokens[1:]))


def _is_end(token: str, following: str) -> bool:
    if token in {".", "?", "!"}:
        return True
    if _ELLIPSIS.search(token):
        return _starts(following)
    if not token.endswith("."):
        return False
    word = token[:-1].lower()
    initial = bool(_INITIAL.fullmatch(token))
    if not initial and not ABBREVIATIONS.isdisjoint({word, word.rpartition("-")[2]}):
        return _starts(following)
    if initial or _NUMBER.fullmatch(token):
        return not (following[0].islower() or following in {",", ":", ";", "!", "?", "."}) and (
            not initial or _starts(following) or not following[0].isupper()
        )
    return True


def _starts(token: str) -> bool:
    """Return whether a token looks like the first one of a sentence."""
    return token[0].isupper() and token.lower().rstrip(".") in STARTERS


def language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of ``text``, or None for a text without letters.

    Example:
        >>> language("Das ist ein Satz."), language("THIS IS ONE TOO"), language("123")
        ('de', 'en', None)
    """
    lowered = text[:HEAD_CHARS].lower()
    scripts = Counter(_script(char) for char in lowered if char.isalpha())
    if not scripts:
        return None
    script = scripts.most_common(1)[0][0]
    if script == "CJK" and (scripts["HIRAGANA"] or scripts["KATAKANA"]):
        return "ja"
    return _ONLY.get(script) or _likeliest(lowered, _SHARED.get(script, _LATIN))


def _script(char: str) -> str:
    return unicodedata.name(char, "LATIN").split()[0]


def _likeliest(text: str, among: tuple[str, ...]) -> str:
    """Return the language that shows most in small words and letters of its own; of equals the first one named."""
    words = Counter(_WORD.findall(text))

    def shown(name: str) -> int:
        small = sum(words[word] for word in _SMALL[name])
        return small + sum(map(text.count, _LETTERS.get(name, "")))

    return max(among, key=shown)

"""Tokens and sentences, as Analytics/Text/Tokenizer.cs and SentenceSplitter.cs find them."""
import re

TOKEN = re.compile(r"\d+(?=[^\W\d_])|[^\W_][^\W_\u0300-\u036f]*[\u0300-\u036f]*(?:[^\W_]+[\u0300-\u036f]*)*|[^\s]")
SPACE = re.compile(r"\s+")
ABBREVIATIONS = set(
    "dr mr mrs ms prof st vs fig figs eq ref refs al etc approx ca cf dept est inc ltd jr sr no vol pp "
    "e.g i.e eg ie resp sp spp subsp var pt pts pat temp wt ht hosp univ min max apt ave blvd ste bldg".split()
)
OPENERS = set("([{\"'\u201c\u2018*-\u2022")
LONGEST = 160


def tokenize(text):
    """[(start, end)] of the tokens, by code points."""
    return [m.span() for m in TOKEN.finditer(text)]


def _breaks_at_newline(text, previous_end, start):
    gap = text[previous_end:start]
    lines = gap.count("\n") or gap.count("\r")
    if lines == 0:
        return False
    if lines > 1:
        return True
    first = text[start]
    return not first.islower() or text[previous_end - 1] in ".:;!?"


def sentences(text, spans=None):
    """[(first, last+1)] token ranges; a sentence has at most LONGEST tokens."""
    spans = tokenize(text) if spans is None else spans
    result, first = [], 0
    for i in range(1, len(spans)):
        if i - first >= LONGEST or _starts_sentence(text, spans, i):
            result.append((first, i))
            first = i
    if spans:
        result.append((first, len(spans)))
    return result


def _starts_sentence(text, spans, i):
    start, previous_end = spans[i][0], spans[i - 1][1]
    if start == previous_end:
        return False
    if _breaks_at_newline(text, previous_end, start):
        return True
    k = i - 1
    while k > 0 and text[spans[k][0]] in ")]}\"'\u201d\u2019" and spans[k - 1][1] == spans[k][0]:
        k -= 1
    mark = text[spans[k][0]]
    if mark not in ".!?":
        return False
    first = text[start]
    if not (first.isupper() or first.isdigit() or first in OPENERS):
        return False
    if mark != "." or k == 0 or spans[k - 1][1] != spans[k][0]:
        return True
    word = text[spans[k - 1][0] : spans[k - 1][1]]
    if len(word) == 1 and word.isupper() and not first.isdigit() and word not in "IC":
        return False
    return word.lower() not in ABBREVIATIONS

"""Finds numbers that somebody typed into prose: digits that no object produced.

The pages are parsed as MyST-NB parses them, so code, mathematics, roles, options, link targets and comments are never read as prose.
In what is left, a digit is allowed only by rule: years and dates (`_DATES`), numbers of sections and figures (`_REFERENCES`), names
such as o3, GPT-4o or Llama 3 405B (`_is_name`, `_follows_name`), and quotations that cite their source. Everything else has to come from
{glue:text} or {fact}.

Of code, only the strings that a reader sees are read: those given to `description=`, `title=`, `note=` and `reason=` in cells, by the same
rules. What an f-string computes is not typed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

REMEDY = "insert it with {glue:text} from the cell that computes it, or with {fact} if a source states it"
REMEDY_IN_CODE = "compute it in the cell and insert it with an f-string"

_SHOWN = {"description", "title", "note", "reason"}
_MAGIC = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)
_EXTENSIONS = {"amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist", "substitution", "tasklist"}
# Directives whose body is code, mathematics or a listing; the body of any other is prose.
_NOT_PROSE = re.compile(
    r"code(-cell|-block)?|sourcecode|literalinclude|math|raw|eval-rst|toctree|tableofcontents|bibliography|image|include"
    r"|glue:.*|data-tables|claims-register|table-note|mermaid|csv-table"
)
_TITLED = re.compile(
    r"admonition|dropdown|exercise.*|solution.*|attention|caution|danger|hint|important|note|seealso|tip|warning|margin|sidebar|topic"
    r"|grid-item-card|card|tab-item|table|list-table"
)
_DIRECTIVE = re.compile(r"\{([\w:.+-]+)\}\s*(.*)", re.DOTALL)
_OPTION = re.compile(r":[\w-]+:(\s.*)?")

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_YEAR = r"(?:19|20)\d\d"
_DATES = re.compile(
    rf"\b\d{{1,2}}(?:\s*[-–]\s*\d{{1,2}})?\s+{_MONTH}\b"  # 14 January, 14–16 January
    rf"|\b{_MONTH}\s+\d{{1,2}}(?=,?\s+{_YEAR}\b)"  # January 14, 2025
    rf"|\b{_YEAR}(?:-\d\d){{1,2}}\b"  # 2025-01, 2025-01-14
    rf"|(?<![\d.,$€£~≈×<>=−+/^-])(?!\d\d00\s+[a-z]){_YEAR}s?(?:\s*[-–/]\s*(?:{_YEAR}|\d\d)s?)?(?![\w%]|[.,]\d|\s*%|\s+(?:USD|EUR|GBP|dollars|points|percent)\b)"
)
_REFERENCES = re.compile(
    r"(?:\b(?:sections?|chapters?|figures?|tables?|equations?|exercises?|appendix|steps?|parts?|pages?|footnotes?|version)\s+|§+\s*)"
    r"\(?\d{1,2}(?:\.\d{1,2})*\)?(?:(?:\s*,\s*|\s*[-–]\s*|\s+and\s+)\d{1,2}(?:\.\d{1,2})*)*(?![\w%]|[.,]\d|\s*%)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\S*[\d¼-¾⁰-⁹₀-₉²³¹]\S*")
_TRIM = "()[]{}“”„‘’\"'«».,;:!?…*"
_DATED = re.compile(rf"[^\W\d_]+[-–]{_YEAR}s?|{_YEAR}[-–][^\W\d_]+")
_RELEASE = re.compile(r"\d+\.\d+\.\d+")
_CURRENCY = re.compile(r"USD|EUR|GBP|CHF|JPY")
# What follows a name as part of it: the 3 of "Llama 3", the 3.5 of "Claude 3.5", the 70B of "Llama 70B".
_OF_A_NAME = re.compile(r"\d(?:\.\d{1,2})?|\d+(?:\.\d+)?[BM]")
_SIZE = re.compile(r"\d+(?:\.\d+)?[BM]")
_CAPITALISED = re.compile(r"[A-Z][^\W\d_]*(?:-[^\W\d_]+)*")


@dataclass(frozen=True)
class Finding:
    """A number in prose that no object produced."""

    file: str
    line: int
    digits: str
    context: str
    remedy: str = REMEDY

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.digits!r} is typed (“{self.context}”); {self.remedy}"


class _Piece(NamedTuple):
    """A piece of prose; `source` is the expression behind it, if it is a string of a cell."""

    line: int
    text: str
    source: str = ""


def check(text: str, file: str) -> list[Finding]:
    """All typed numbers in one page.

    Parameters
    ----------
    text
        The page's source, MyST Markdown.
    file
        Its name, for the findings.

    Raises
    ------
    SyntaxError
        If a cell is no Python; names file and line.
    """
    pieces = list(_prose(_parser(), text, 0, file))
    names = _names("\n\n".join(piece.text for piece in pieces))
    found = []
    for piece in pieces:
        for match in _typed(piece.text, names):
            before, after = piece.text[: match.start()], piece.text[match.end() :]
            context = " ".join(f"{before[-30:]}{match.group()}{after[:30]}".split())
            digits = match.group().strip(_TRIM + "\N{BULLET}")
            if piece.source:
                # Lines of source are not lines of the string: as many of these digits precede in the one as in the other.
                earlier = digits.join(piece.source.split(digits)[: before.count(digits) + 1])
                found.append(Finding(file, piece.line + earlier.count("\n"), digits, context, REMEDY_IN_CODE))
            else:
                found.append(Finding(file, piece.line + before.count("\n"), digits, context))
    return sorted(found, key=lambda finding: finding.line)


def check_pages(root: Path) -> list[Finding]:
    """All typed numbers in the pages of a book: ``book/*.md`` and ``notebooks/*.md`` below `root`."""
    pages = sorted([*(root / "book").glob("*.md"), *(root / "notebooks").glob("*.md")])
    return [finding for page in pages for finding in check(page.read_text(encoding="utf-8"), page.relative_to(root).as_posix())]


def _parser() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=_EXTENSIONS), RendererHTML)


def _prose(parser: MarkdownIt, text: str, offset: int, file: str) -> Iterator[_Piece]:
    """Pieces of prose; what is not prose is replaced by a space."""
    tokens = parser.parse(text)
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "blockquote_open":
            end = _closing(tokens, position)
            if _cites(tokens[position:end]):
                position = end
        elif token.type == "inline":
            yield _Piece(offset + token.map[0] + 1, _plain(token.children or []))
        elif token.type in ("fence", "colon_fence"):
            yield from _directive(parser, token, offset, file)
        elif token.type == "html_block":
            yield _Piece(offset + token.map[0] + 1, re.sub(r"<!--.*?-->|<[^>]*>", _blank, token.content, flags=re.DOTALL))
        position += 1


def _closing(tokens: list[Token], start: int) -> int:
    """Position of the token that closes the one at `start`."""
    return next(i for i in range(start + 1, len(tokens)) if tokens[i].level == tokens[start].level and tokens[i].nesting == -1)


def _cites(tokens: Iterable[Token]) -> bool:
    """Whether a quotation names its source by a citation."""
    children = [child for token in tokens for child in token.children or []]
    return any(child.type == "myst_role" and str(child.meta.get("name", "")).startswith("cite") for child in children)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _plain(children: list[Token]) -> str:
    """Text of an inline token; whatever an object or a source produces becomes a neutral mark."""
    parts, automatic = [], False
    for child in children:
        if child.type == "link_open":
            automatic = child.markup in ("autolink", "linkify")
        elif child.type == "link_close":
            automatic = False
        elif child.type == "text":
            parts.append("\N{BULLET}" if automatic else child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "image":
            parts.append(_plain(child.children or []))
        elif child.type in ("myst_role", "code_inline", "math_inline", "math_inline_double", "substitution_inline"):
            parts.append("\N{BULLET}" + "\n" * child.content.count("\n"))
        elif child.type == "html_inline" and child.content.startswith("<br"):
            parts.append(" ")
    return "".join(parts)


def _directive(parser: MarkdownIt, token: Token, offset: int, file: str) -> Iterator[_Piece]:
    """Prose of a directive: its title and its body, without options; of a cell, the strings that it shows."""
    match = _DIRECTIVE.match(token.info.strip())
    if not match:
        return
    name, argument = match.groups()
    if name != "code-cell" and _NOT_PROSE.fullmatch(name):
        return
    line = offset + token.map[0]
    if argument and _TITLED.fullmatch(name):
        yield from (_Piece(line + 1, piece.text) for piece in _prose(parser, argument, 0, file))
    lines = token.content.split("\n")
    start = 0
    if lines[0].strip() == "---":
        start = next((i for i in range(1, len(lines)) if lines[i].strip() == "---"), len(lines) - 1) + 1
    while start < len(lines) and _OPTION.fullmatch(lines[start].strip()):
        start += 1
    body = "\n".join(lines[start:])
    yield from _shown(body, line + 1 + start, file) if name == "code-cell" else _prose(parser, body, line + 1 + start, file)


def _shown(code: str, offset: int, file: str) -> Iterator[_Piece]:
    """Strings that a cell hands to a reader: the values of the keywords in `_SHOWN`."""
    # Empty lines before the cell make the lines of its syntax tree, and of a SyntaxError, those of the page.
    code = "\n" * offset + _MAGIC.sub("", code)
    for node in ast.walk(ast.parse(code, file)):
        if isinstance(node, ast.keyword) and node.arg in _SHOWN:
            yield _Piece(node.value.lineno, _literal(node.value), ast.get_source_segment(code, node.value) or "")


def _literal(node: ast.expr) -> str:
    """Text that is typed in an expression; whatever is computed becomes a neutral mark."""
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.JoinedStr(values=parts):
            return "".join(map(_literal, parts))
        case ast.FormattedValue(value=ast.Constant() as typed):
            return _literal(typed)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _literal(left) + _literal(right)
        case ast.IfExp(body=first, orelse=second):
            return f"{_literal(first)}\n{_literal(second)}"
    return "\N{BULLET}"


def _names(text: str) -> set[str]:
    """Words that this page uses as names: capitalised within a sentence, or with a capital or digit inside.

    A word that also occurs in lower case is none, nor is one that only ever starts a sentence.
    """
    words = re.findall(r"[^\W\d_][^\W_]*(?:-[^\W_]+)*", text)
    lower = {word for word in words if word.islower()}
    within = set(re.findall(r"(?<=\w)(?:,? |,?\n| \()([A-Z][^\W_]*(?:-[^\W_]+)*)", text))
    inner = {word for word in words if re.search(r"[A-Z]", word[1:])}
    return {word for word in within | inner if word.lower() not in lower}


def _typed(text: str, names: set[str]) -> Iterator[re.Match[str]]:
    """Words with digits that no rule allows."""
    masked = _REFERENCES.sub(_blank, _DATES.sub(_blank, text))
    chain_end = -1
    for match in _WORD.finditer(masked):
        word = re.sub("['’]s$", "", match.group().strip(_TRIM))
        before, after = masked[: match.start()].rstrip(" \n"), masked[match.end() :]
        chained = chain_end == len(before) and _SIZE.fullmatch(word)
        if chained or _follows_name(word, before, after, names):
            chain_end = match.end()
        elif not _is_name(word):
            yield match


def _is_name(word: str) -> bool:
    """Whether a word with digits is itself a name, a dated compound or a release number.

    A name starts with a letter; a part that starts with a digit must touch the letters before it (o3, H100, p90), follow a part with
    a capital or a digit (GPT-4o, s1-32B), or an @ (pass@1). So "best-of-64" and "60-problem" are none.
    """
    if _DATED.fullmatch(word) or _RELEASE.fullmatch(word):
        return True
    parts = re.split("([-–/@.])", word)
    if not all(part.isalnum() for part in parts[::2]) or not word[0].isalpha() or _CURRENCY.match(word):
        return False
    marked = False
    for place in range(0, len(parts), 2):
        part = parts[place]
        if not part[0].isalpha() and not marked and parts[place - 1] != "@":
            return False
        marked = marked or re.search("[A-Z0-9]", part) is not None
    return True


def _follows_name(word: str, before: str, after: str, names: set[str]) -> bool:
    """Whether a short number is part of the name before it (Llama 3, Claude 3.5)."""
    if not _OF_A_NAME.fullmatch(word) or re.match(r"\s*[%‰°×±]", after):
        return False
    last = re.search(r"\S+$", before)
    return last is not None and _CAPITALISED.fullmatch(last.group()) is not None and last.group() in names

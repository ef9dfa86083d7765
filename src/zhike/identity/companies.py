"""Names of companies taken apart: place, the name itself, trade, legal form, branch."""

import re
from dataclasses import dataclass

from .places import PLACES, SUFFIXES
from .texts import fold, has_han, letters

_FORMS = (
    *("股份有限责任公司", "集团股份有限公司", "集团有限责任公司", "集团有限公司", "控股有限公司"),
    *("股份有限公司", "有限责任公司", "有限公司", "股份公司", "集团公司", "总公司", "集团", "公司"),
    *("合伙企业", "个人独资企业", "个体工商户", "专业合作社", "合作社", "分店", "总店", "总部"),
)
_TRADES = (
    *(
        "计算机系统",
        "信息技术",
        "网络技术",
        "网络科技",
        "信息科技",
        "电子商务",
        "生物科技",
        "文化传播",
    ),
    *(
        "文化传媒",
        "广告传媒",
        "企业管理",
        "管理咨询",
        "投资管理",
        "资产管理",
        "进出口贸易",
        "国际贸易",
    ),
    *(
        "供应链管理",
        "餐饮管理",
        "物业管理",
        "建筑工程",
        "装饰工程",
        "进出口",
        "科技发展",
        "实业发展",
    ),
    *(
        "科技",
        "技术",
        "贸易",
        "商贸",
        "实业",
        "网络",
        "信息",
        "电子",
        "投资",
        "咨询",
        "服务",
        "传媒",
    ),
    *(
        "食品",
        "餐饮",
        "酒店",
        "制造",
        "工业",
        "工程",
        "建设",
        "发展",
        "控股",
        "管理",
        "商行",
        "经营部",
    ),
    *("百货", "超市", "茶业", "茶叶", "茶舍", "茶馆", "工作室", "事务所", "服饰", "国际"),
)
_LATIN = """
co company corp corporation inc incorporated ltd limited llc llp lp plc pte pty gmbh ag kg ohg ug
sa sarl sas srl spa bv nv ab as oy aps kk group holding holdings the and
"""
_LATIN_FORMS = frozenset(_LATIN.split())
_IN_BRACKETS = re.compile(r"[(\[{〔【]([^)\]}〕】]*)[)\]}〕】]")
_BRANCH = re.compile(r"(?<=公司)(.{1,12}?(?:分公司|办事处|营业部|分部|分行|支行|门店|专卖店|店))$")
_LATIN_BRANCH = re.compile(r"[-,]?\s*([\w ]+ branch)$")
_PLACE_LENGTHS = sorted({len(place) for place in PLACES}, reverse=True)


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A company's name in parts, all of them folded.

    `whole` is everything without spaces and signs; `core` is without place, legal form and branch;
    `brand` is the core without the words for its trade, the part that a name is registered for
    (字号).
    """

    whole: str
    core: str
    brand: str
    place: str = ""
    branch: str = ""


def read_company_name(text: str) -> CompanyName:
    """
    >>> name = read_company_name("深圳市雲棲科技（集團）有限公司杭州分公司")
    >>> name.core, name.brand, name.place, name.branch
    ('云栖科技', '云栖', '深圳', '杭州分公司')
    >>> [read_company_name(text).core for text in ("云栖科技(深圳)有限公司", "Yunqi Tea Co., Ltd.")]
    ['云栖科技', 'yunqi tea']
    """
    folded = fold(text)
    if not has_han(folded):
        return _latin(folded)
    return _chinese(folded)


def _chinese(folded: str) -> CompanyName:
    whole = letters(folded)
    if found := _BRANCH.search(whole):
        branch, rest = found[1], whole[: found.start(1)]
    else:
        branch, rest = "", whole
    place = ""
    for inside in _IN_BRACKETS.findall(folded):
        # A place may stand in brackets behind the name; anything else there is part of it.
        inside = letters(inside)
        if _place_at_head(inside)[1] == "" and inside:
            place = _place_at_head(inside)[0]
            rest = rest.replace(inside, "", 1)
    for _province_then_city in range(2):
        head, behind = _place_at_head(rest)
        if not head or behind in _FORMS or len(_without_form(behind)) < 2:
            break
        place, rest = head, behind
    core = _without_form(rest)
    return CompanyName(whole, core, _without_trade(core), place, branch)


def _latin(folded: str) -> CompanyName:
    branch = ""
    if found := _LATIN_BRANCH.search(folded):
        branch, folded = found[1], folded[: found.start()]
    # l.l.c. and llc, s.a. and sa are the same.
    closed = re.sub(r"\b(\w)\.(?=\w\b)", r"\1", re.sub(r"(?<=\w)\s*&\s*(?=\w)", " and ", folded))
    words = re.findall(r"[^\W_]+", closed)
    core = [word for word in words if word not in _LATIN_FORMS] or words
    name = " ".join(core)
    return CompanyName("".join(words), name, name, "", branch)


def _place_at_head(text: str) -> tuple[str, str]:
    """A place that a text begins with, and what follows it."""
    for length in _PLACE_LENGTHS:
        place = text[:length]
        if place in PLACES:
            rest = text[length:]
            for suffix in SUFFIXES:
                if rest.startswith(suffix):
                    return place, rest[len(suffix) :]
            return place, rest
    return "", text


def _without_form(text: str) -> str:
    """Without legal forms at the end, as long as something is left."""
    shortened = True
    while shortened and text.endswith(_FORMS):
        shortened = False
        for form in _FORMS:
            if text.endswith(form) and len(text) > len(form):
                text, shortened = text[: -len(form)], True
                break
    return text


def _without_trade(core: str) -> str:
    shortened = True
    while shortened and core.endswith(_TRADES):
        shortened = False
        for trade in _TRADES:
            if core.endswith(trade) and len(core) - len(trade) >= 2:
                core, shortened = core[: -len(trade)], True
                break
    return core

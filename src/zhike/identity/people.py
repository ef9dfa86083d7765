"""Names of persons: Han characters, their pinyin, Latin letters in either order."""

import re
from dataclasses import dataclass
from itertools import product

from .texts import fold, has_han, readings

# Read otherwise as a family name than in ordinary words.
_FAMILY_READINGS = {
    "单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "任": "ren", "区": "ou", "查": "zha",
    "朴": "piao", "尹": "yin", "盖": "ge", "翟": "zhai", "缪": "miao", "覃": "qin", "乐": "yue",
    "重": "chong", "洗": "xian", "冼": "xian", "员": "yun", "宓": "mi", "纪": "ji", "华": "hua",
    "万俟": "moqi", "尉迟": "yuchi", "长孙": "zhangsun", "澹台": "tantai", "令狐": "linghu",
}  # fmt: skip
_DOUBLE_NAMES = """
欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 令狐 慕容 宇文 司徒 夏侯 端木 百里 呼延 南宫 长孙 澹台
万俟 轩辕 司空 独孤 拓跋 西门 钟离 闻人 太史 申屠 淳于 单于
"""
_DOUBLE = frozenset(_DOUBLE_NAMES.split())
_TITLES = re.compile(
    r"(先生|女士|小姐|太太|老师|经理|总监|总经理|董事长|老板|医生|教授|同学)$"
    r"|^(mr|mrs|ms|miss|dr|prof)\.?\s+"
)
_MOST_READINGS = 8


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name, folded.

    `whole` is the name without spaces; `sounds` are its spellings in Latin letters, words sorted,
    so that ``Wang Wei``, ``Wei WANG`` and 王伟 share one.
    """

    whole: str
    sounds: frozenset[str]

    def sounds_like(self, other: "PersonName") -> bool:
        return bool(self.sounds & other.sounds)


def read_person_name(text: str) -> PersonName:
    """
    >>> read_person_name("單  雄先生").sounds
    frozenset({'shan xiong'})
    >>> read_person_name("Wang Wei").sounds_like(read_person_name("王伟"))
    True
    """
    folded = _TITLES.sub("", fold(text)).strip() or fold(text)
    words = re.findall(r"[^\W_]+", folded)
    whole = "".join(words)
    if not has_han(folded):
        return PersonName(whole, frozenset({" ".join(sorted(words))} if words else ()))
    family = whole[:2] if whole[:2] in _DOUBLE else whole[:1]
    given = whole[len(family) :]
    spelt = [_FAMILY_READINGS.get(family) or "".join(_usual(c) for c in family)]
    sounds = set()
    choices = [readings(c)[:2] or (c,) for c in given]
    for number, syllables in enumerate(product(*choices)):
        if number == _MOST_READINGS:
            break
        sounds.add(" ".join(sorted(filter(None, (*spelt, "".join(syllables))))))
    return PersonName(whole, frozenset(sounds))


def _usual(character: str) -> str:
    return next(iter(readings(character)), character)

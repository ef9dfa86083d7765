"""Names that nobody need bear: put together by chance from lists of common parts.

Surnames: the commonest of the Ministry of Public Security's yearly report on names
(《全国姓名报告》), commonest first, drawn with Zipf weights; readings are written down because
a surname's may differ from the character's usual one (曾 zeng, 单 shan). Given names: characters
that have been common in names since the 1950s, by gender. Shops: city + a word of two characters +
what kind of shop it is. Latin names: common given and family names; words that tea rooms like.
"""

from collections.abc import Sequence

import numpy as np

from zhike.identity import readings


def _words(text: str) -> list[str]:
    return text.split()


SURNAMES = dict(
    pair.split(":")
    for pair in _words(
        "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu "
        "孙:sun 马:ma 朱:zhu 胡:hu 郭:guo 何:he 林:lin 高:gao 罗:luo 郑:zheng 梁:liang "
        "谢:xie 宋:song 唐:tang 许:xu 韩:han 邓:deng 冯:feng 曹:cao 彭:peng 曾:zeng 肖:xiao "
        "田:tian 董:dong 潘:pan 袁:yuan 蔡:cai 蒋:jiang 余:yu 于:yu 杜:du 叶:ye 程:cheng "
        "魏:wei 苏:su 吕:lv 丁:ding 任:ren 卢:lu 姚:yao 沈:shen 钟:zhong 姜:jiang 崔:cui "
        "谭:tan 陆:lu 范:fan 汪:wang 廖:liao 石:shi 金:jin 韦:wei 贾:jia 夏:xia 付:fu "
        "方:fang 邹:zou 熊:xiong 白:bai 孟:meng 秦:qin 邱:qiu 侯:hou 江:jiang 尹:yin 薛:xue "
        "闫:yan 段:duan 雷:lei 龙:long 黎:li 史:shi 陶:tao 贺:he 毛:mao 郝:hao 顾:gu 龚:gong "
        "邵:shao 万:wan 覃:qin 武:wu 钱:qian 戴:dai 严:yan 莫:mo 孔:kong 向:xiang 常:chang "
        "欧阳:ouyang"
    )
)
GIVEN_FEMALE = (
    "芳娜秀英敏静丽艳娟霞兰玲萍燕红梅洁云莉婷雪琳慧巧美琴月倩欣颖雅佳嘉怡蕊薇萱涵诗梦瑶若"
)
GIVEN_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞波斌浩宇轩博文志建国俊峰凯翔晨睿泽铭天成子豪毅恒远"
WORDS = _words(
    "云栖 竹里 和记 松风 清和 半山 一叶 听雨 观澜 墨香 知味 同福 德馨 悦来 青岚 白鹭 "
    "南山 东篱 春晖 秋水 明月 素心 茗香 陶然 宝泰 聚源 永昌 瑞和 福临 鼎盛 雅集 兰亭 "
    "枫林 荷风 柳岸 梅岭 石泉 溪山 雨前 岩韵 古道 长亭 望江 临湖 听泉 归园 浮生 小满 "
    "谷雨 白露 立春 初见 且慢 无事 三味 四时"
)
# Most shops put a word of their own together: one character of either list.
WORD_STARTS = (
    "云竹松清半听观墨知同德悦青白南东春秋明素茗陶宝聚永瑞福鼎雅兰枫荷柳梅石溪雨岩古长望临归浮"
    "小初且无三四金玉紫碧锦华万恒天海隆顺祥嘉景文翠寒幽"
)
WORD_ENDS = (
    "栖里记风和山叶雨澜香味福馨来岚鹭篱晖水月心然泰源昌临盛集亭林岸岭泉韵道江湖园生满谷露见慢"
    "事时堂轩斋坊苑居庐舟桥庭峰阳川渡渚汀溪陵"
)
INVENTED = 0.75
# What kind of shop, and the industries that it may say it is in.
SHOPS = {
    "茶舍": "茶馆",
    "茶馆": "茶馆",
    "茶楼": "餐饮",
    "茶行": "茶叶零售",
    "茶叶店": "茶叶零售",
    "茶庄": "茶叶零售",
    "礼品行": "礼品",
    "礼品店": "礼品",
    "文创馆": "文创",
    "酒店": "酒店",
    "民宿": "酒店",
    "书房": "书店",
    "商贸": "企业采购",
    "生活馆": "家居",
}
LATIN_GIVEN_FEMALE = _words(
    "Emma Olivia Sophie Grace Chloe Alice Julia Hannah Laura Nina Clara Elena Maria Anna Lucy"
)
LATIN_GIVEN_MALE = _words(
    "James Oliver Daniel Thomas David Lucas Martin Peter Simon Marco Adrian Henry Felix Paul Leo"
)
LATIN_FAMILY = _words(
    "Smith Brown Taylor Wilson Martin Walker Wright Roberts Green Baker Clarke Novak "
    "Schmidt Weber Rossi Silva Lim Tan Lee Wong Chan Ng Lam Cheung Fischer Larsen Dubois "
    "Moreau Costa Garcia"
)
LATIN_WORDS = _words(
    "Canton Bund Jade Bamboo Lantern Harbour Willow Orchid Crane Silk Pearl Peony "
    "Camellia Lotus Ginger Cedar Heron Magnolia Amber Porcelain"
)
LATIN_SHOPS = {
    "Tea Room": "茶馆",
    "Tea House": "茶馆",
    "Fine Teas": "茶叶零售",
    "Gifts": "礼品",
    "Gift Company": "礼品",
    "Tea & Books": "书店",
    "Hotel": "酒店",
}
LONG_GIVEN_NAMES = 0.82  # share of given names with two characters

_SURNAMES = np.array(list(SURNAMES), dtype=object)
_SURNAME_WEIGHTS = 1 / np.arange(3.0, 3.0 + len(SURNAMES))
_SURNAME_WEIGHTS /= _SURNAME_WEIGHTS.sum()


def person_names(
    random: np.random.Generator, is_female: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Chinese names and how they are written in an e-mail address; objects, shape (people,)."""
    count = len(is_female)
    surname = random.choice(len(_SURNAMES), count, p=_SURNAME_WEIGHTS)
    female, male = _characters(GIVEN_FEMALE), _characters(GIVEN_MALE)
    first, second = random.random(count), random.random(count)
    is_long = random.random(count) < LONG_GIVEN_NAMES

    def given(u: np.ndarray, part: int) -> np.ndarray:
        """Characters (part 0) or their readings (part 1)."""
        return np.where(is_female, _pick(female[part], u), _pick(male[part], u))

    names = _SURNAMES[surname] + given(first, 0)
    letters = np.array(list(SURNAMES.values()), dtype=object)[surname] + "." + given(first, 1)
    names[is_long] += given(second, 0)[is_long]
    letters[is_long] += given(second, 1)[is_long]
    return names, letters


def latin_person_names(
    random: np.random.Generator, is_female: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    given = np.where(
        is_female,
        choose(random, LATIN_GIVEN_FEMALE, len(is_female)),
        choose(random, LATIN_GIVEN_MALE, len(is_female)),
    )
    family = choose(random, LATIN_FAMILY, len(is_female))
    return given + " " + family, _lowered(given) + "." + _lowered(family)


def shop_names(
    random: np.random.Generator, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Names, words for an e-mail address, industries; objects, shape (shops,)."""
    count = len(places)
    word = random.integers(0, len(WORDS), count)
    sort = random.integers(0, len(SHOPS), count)
    words = _objects(WORDS)[word]
    letters = _objects(["".join(readings(c)[0] for c in w) for w in WORDS])[word]
    own = random.spawn(1)[0]  # draws of its own: everything else stays as it was
    is_invented = own.random(count) < INVENTED
    starts, ends = _characters(WORD_STARTS), _characters(WORD_ENDS)
    u, v = own.random(count), own.random(count)
    words = np.where(is_invented, _pick(starts[0], u) + _pick(ends[0], v), words)
    letters = np.where(is_invented, _pick(starts[1], u) + _pick(ends[1], v), letters)
    names = places + words + _objects(list(SHOPS))[sort]
    names[random.random(count) < 0.3] += "有限公司"
    return names, letters, _objects(list(SHOPS.values()))[sort]


def latin_shop_names(
    random: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    word = choose(random, LATIN_WORDS, count)
    sort = random.integers(0, len(LATIN_SHOPS), count)
    names = word + " " + _objects(list(LATIN_SHOPS))[sort]
    return names, _lowered(word), _objects(list(LATIN_SHOPS.values()))[sort]


def choose(
    random: np.random.Generator, choices: Sequence, count: int, weights: Sequence | None = None
) -> np.ndarray:
    """Independent choices, with replacement; objects, shape (count,)."""
    if weights is None:
        return _objects(choices)[random.integers(0, len(choices), count)]
    shares = np.asarray(weights, dtype=float)
    return _objects(choices)[random.choice(len(choices), count, p=shares / shares.sum())]


def _characters(text: str) -> tuple[np.ndarray, np.ndarray]:
    return _objects(list(text)), _objects([readings(character)[0] for character in text])


def _pick(choices: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The choice that a uniform number falls on: the same number picks character and reading."""
    return choices[(u * len(choices)).astype(np.intp)]


def _objects(values: Sequence) -> np.ndarray:
    return np.array(values, dtype=object)


def _lowered(words: np.ndarray) -> np.ndarray:
    return np.array([word.lower() for word in words], dtype=object)

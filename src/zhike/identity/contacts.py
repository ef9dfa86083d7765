"""Phones, e-mail addresses and web domains in one form."""

import re
from urllib.parse import urlsplit

from .texts import normalise

# Whoever has an address here shares its domain with everybody.
_SERVICES = """
qq.com foxmail.com vip.qq.com 163.com 126.com yeah.net vip.163.com 188.com sina.com sina.cn
sohu.com 139.com 189.cn wo.cn 21cn.com tom.com aliyun.com gmail.com googlemail.com outlook.com
hotmail.com live.com msn.com yahoo.com yahoo.co.jp icloud.com me.com aol.com gmx.de gmx.net web.de
mail.ru yandex.ru naver.com proton.me protonmail.com
"""
PUBLIC_MAIL = frozenset(_SERVICES.split())
# What most numbers and domains look like; all others take the long way, which costs a hundredfold.
# 179xx is how callers choose a carrier, so such a number is not read here.
_CHINESE_MOBILE = re.compile(r"(?:\+86)?(1(?:[3-689]\d|7[0-8])\d{8})")
_PLAIN_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9-]{0,62})+")


def read_phone(text: str, region: str = "CN") -> str:
    """A phone number as E.164, extension left out; empty when it can be none.

    Numbers without a country code are read as those of ``region`` (ISO 3166).

    >>> read_phone("138 0013 8000"), read_phone("0571-8888 6666 转 12"), read_phone("12")
    ('+8613800138000', '+8657188886666', '')
    >>> read_phone("020 7946 0958", region="GB")
    '+442079460958'
    """
    plain = text.replace(" ", "").replace("-", "")
    if (mobile := _CHINESE_MOBILE.fullmatch(plain)) and (region == "CN" or plain[0] == "+"):
        return "+86" + mobile[1]
    import phonenumbers

    folded = re.split(r"转|分机|ext\.?|#", normalise(text).casefold())[0]
    try:
        number = phonenumbers.parse(folded, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_email(text: str) -> str:
    """An address in small letters, its domain as it goes over the wire; empty when it is none.

    >>> read_email(" Chen.Jiayi@例子.公司 ")
    'chen.jiayi@xn--fsqu00a.xn--55qx5d'
    """
    local, _at, domain = normalise(text).casefold().rpartition("@")
    domain = _wire(domain)
    return f"{local}@{domain}" if local and "." in domain and " " not in local else ""


def read_domain(text: str) -> str:
    """The domain of a company's web site or e-mail address; empty for public mail services.

    >>> read_domain("https://www.yunqi-tea.cn/shop"), read_domain("a@qq.com")
    ('yunqi-tea.cn', '')
    """
    folded = normalise(text).casefold()
    if "@" in folded:
        domain = folded.rpartition("@")[2]
    else:
        try:
            domain = urlsplit(folded if "//" in folded else f"//{folded}").hostname or ""
        except ValueError:
            return ""
    domain = _wire(domain.removeprefix("www.").rstrip("."))
    return domain if "." in domain and domain not in PUBLIC_MAIL else ""


def _wire(domain: str) -> str:
    if _PLAIN_DOMAIN.fullmatch(domain):
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""

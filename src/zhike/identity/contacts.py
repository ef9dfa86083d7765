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


def read_phone(text: str, region: str = "CN") -> str:
    """A phone number as E.164, extension left out; empty when it can be none.

    Numbers without a country code are read as those of ``region`` (ISO 3166).

    >>> read_phone("138 0013 8000"), read_phone("0571-8888 6666 转 12"), read_phone("12")
    ('+8613800138000', '+8657188886666', '')
    >>> read_phone("020 7946 0958", region="GB")
    '+442079460958'
    """
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
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""

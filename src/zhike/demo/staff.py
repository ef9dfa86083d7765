"""The people of the demo company: a manager, six sellers in four teams, an accountant who reads."""

from dataclasses import dataclass

from zhike.demo.places import TEAMS

COMPANY = "茶与礼"
DOMAIN = "chayuli.example"


@dataclass(frozen=True, slots=True)
class Colleague:
    name: str
    account: str  # the e-mail address before the @
    role: str
    sight: str
    team: str
    sells: bool = True


COLLEAGUES = (
    Colleague("沈知秋", "shen.zhiqiu", "manager", "below", COMPANY, sells=False),
    Colleague("陆云帆", "lu.yunfan", "staff", "team", "华东"),
    Colleague("顾清和", "gu.qinghe", "staff", "own", "华东"),
    Colleague("梁嘉颖", "liang.jiaying", "staff", "team", "华南"),
    Colleague("Emily Fong", "emily.fong", "staff", "own", "华南"),
    Colleague("赵北辰", "zhao.beichen", "staff", "own", "华北"),
    Colleague("杨川", "yang.chuan", "staff", "below", "西部"),
    Colleague("何静", "he.jing", "read_only", "all", COMPANY, sells=False),
)


def sellers_of(team: str) -> list[int]:
    """Places in `COLLEAGUES`."""
    return [i for i, one in enumerate(COLLEAGUES) if one.sells and one.team == team]


SELLERS_BY_TEAM = {team: sellers_of(team) for team in TEAMS}

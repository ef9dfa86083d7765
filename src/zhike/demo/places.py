"""Cities with their provinces, the sales team that looks after them, and how many customers live
there in comparison."""

from dataclasses import dataclass

TEAMS = ("华东", "华南", "华北", "西部")


@dataclass(frozen=True, slots=True)
class Place:
    city: str
    province: str
    team: str
    weight: float
    country: str = "中国"


PLACES = (
    Place("上海", "上海", "华东", 10),
    Place("杭州", "浙江", "华东", 9),
    Place("苏州", "江苏", "华东", 6),
    Place("南京", "江苏", "华东", 5),
    Place("宁波", "浙江", "华东", 3),
    Place("无锡", "江苏", "华东", 3),
    Place("绍兴", "浙江", "华东", 2),
    Place("合肥", "安徽", "华东", 3),
    Place("黄山", "安徽", "华东", 1),
    Place("福州", "福建", "华东", 3),
    Place("厦门", "福建", "华东", 3),
    Place("青岛", "山东", "华东", 2),
    Place("济南", "山东", "华东", 2),
    Place("广州", "广东", "华南", 8),
    Place("深圳", "广东", "华南", 8),
    Place("佛山", "广东", "华南", 3),
    Place("东莞", "广东", "华南", 3),
    Place("汕头", "广东", "华南", 2),
    Place("珠海", "广东", "华南", 1),
    Place("南宁", "广西", "华南", 2),
    Place("海口", "海南", "华南", 1),
    Place("长沙", "湖南", "华南", 3),
    Place("武汉", "湖北", "华南", 4),
    Place("香港", "香港", "华南", 2),
    Place("北京", "北京", "华北", 10),
    Place("天津", "天津", "华北", 4),
    Place("石家庄", "河北", "华北", 2),
    Place("太原", "山西", "华北", 1),
    Place("郑州", "河南", "华北", 3),
    Place("沈阳", "辽宁", "华北", 2),
    Place("大连", "辽宁", "华北", 2),
    Place("哈尔滨", "黑龙江", "华北", 1),
    Place("成都", "四川", "西部", 8),
    Place("重庆", "重庆", "西部", 6),
    Place("西安", "陕西", "西部", 4),
    Place("昆明", "云南", "西部", 3),
    Place("贵阳", "贵州", "西部", 1),
    Place("兰州", "甘肃", "西部", 1),
)
# Customers with Latin names live in the large ports, some of them abroad.
PORTS = (
    Place("上海", "上海", "华东", 8),
    Place("广州", "广东", "华南", 4),
    Place("香港", "香港", "华南", 5),
    Place("北京", "北京", "华北", 5),
    Place("Singapore", "", "华南", 2, "新加坡"),
    Place("London", "", "华东", 1, "英国"),
    Place("Melbourne", "", "华南", 1, "澳大利亚"),
)
ALL_PLACES = PLACES + PORTS

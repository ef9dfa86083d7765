"""What the house sells: some sixty teas, sets and gift boxes. Invented, at usual prices.

Names of teas are kinds and places of origin, none is a brand.
"""

from dataclasses import dataclass

CATEGORIES = ("绿茶", "红茶", "乌龙", "白茶", "普洱", "花茶", "茶具", "礼盒")
# How much of all that is bought falls to each category in the long run.
POPULARITY = (0.20, 0.15, 0.14, 0.08, 0.13, 0.10, 0.08, 0.12)


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    name: str
    category: str
    price: int  # minor units
    description: str


_SHELVES = {
    "绿茶": (
        ("西湖龙井 明前 50g", 268, "West Lake Longjing, picked before Qingming, 50 g"),
        ("西湖龙井 雨前 100g", 198, "West Lake Longjing, picked before Grain Rain, 100 g"),
        ("碧螺春 特级 50g", 188, "Biluochun, special grade, 50 g"),
        ("黄山毛峰 100g", 128, "Huangshan Maofeng, 100 g"),
        ("安吉白茶 50g", 158, "Anji Baicha, a green tea of pale leaves, 50 g"),
        ("太平猴魁 50g", 238, "Taiping Houkui, 50 g"),
        ("六安瓜片 100g", 138, "Lu'an Guapian, 100 g"),
        ("信阳毛尖 100g", 118, "Xinyang Maojian, 100 g"),
        ("日照绿茶 250g", 88, "Green tea of Rizhao, 250 g"),
        ("口粮绿茶 袋泡 20包", 29, "Everyday green tea, 20 bags"),
    ),
    "红茶": (
        ("正山小种 100g", 148, "Lapsang Souchong, unsmoked, 100 g"),
        ("金骏眉 50g", 328, "Jin Jun Mei, buds only, 50 g"),
        ("祁门红茶 100g", 128, "Keemun, 100 g"),
        ("滇红金针 100g", 98, "Yunnan golden needles, 100 g"),
        ("英德红茶 100g", 78, "Yingde black tea, 100 g"),
        ("九曲红梅 50g", 88, "Jiuqu Hongmei of Hangzhou, 50 g"),
        ("宜兴红茶 250g", 108, "Yixing black tea, 250 g"),
        ("早餐红茶 袋泡 25包", 36, "Breakfast tea, 25 bags"),
    ),
    "乌龙": (
        ("安溪铁观音 清香 100g", 118, "Tieguanyin, light, 100 g"),
        ("安溪铁观音 浓香 100g", 138, "Tieguanyin, roasted, 100 g"),
        ("武夷大红袍 50g", 218, "Da Hong Pao of Wuyi, 50 g"),
        ("武夷肉桂 50g", 188, "Rougui of Wuyi, 50 g"),
        ("凤凰单丛 蜜兰香 50g", 168, "Phoenix Dancong, honey orchid, 50 g"),
        ("凤凰单丛 鸭屎香 50g", 178, "Phoenix Dancong, silver flower, 50 g"),
        ("冻顶乌龙 100g", 128, "Dong Ding oolong, 100 g"),
        ("蜜桃乌龙 袋泡 15包", 45, "Peach oolong, 15 bags"),
    ),
    "白茶": (
        ("白毫银针 50g", 258, "Silver Needle, 50 g"),
        ("白牡丹 100g", 138, "White Peony, 100 g"),
        ("寿眉 老白茶饼 350g", 298, "Aged Shoumei, cake of 350 g"),
        ("福鼎白茶 小方片 60g", 68, "White tea of Fuding, small squares, 60 g"),
        ("月光白 100g", 98, "Moonlight White, 100 g"),
        ("陈皮白茶 100g", 88, "White tea with tangerine peel, 100 g"),
    ),
    "普洱": (
        ("易武生茶饼 357g", 368, "Raw pu'er of Yiwu, cake of 357 g"),
        ("布朗山熟茶饼 357g", 228, "Ripe pu'er of Bulang, cake of 357 g"),
        ("宫廷熟普 散茶 100g", 118, "Ripe pu'er, finest leaves, 100 g"),
        ("小青柑 10粒", 79, "Ripe pu'er in green tangerines, 10 pieces"),
        ("糯香小沱 100g", 58, "Small tuo with sticky-rice herb, 100 g"),
        ("老班章生茶饼 200g", 880, "Raw pu'er of Lao Banzhang, cake of 200 g"),
        ("五年陈熟砖 250g", 158, "Ripe brick, five years old, 250 g"),
        ("冰岛龙珠 8粒", 128, "Dragon balls of Bingdao, 8 pieces"),
    ),
    "花茶": (
        ("茉莉龙珠 100g", 108, "Jasmine pearls, 100 g"),
        ("碧潭飘雪 100g", 138, "Jasmine tea of Sichuan with petals, 100 g"),
        ("茉莉毛尖 250g", 78, "Jasmine green tea, 250 g"),
        ("胎菊 50g", 39, "Chrysanthemum buds, 50 g"),
        ("桂花红茶 100g", 68, "Black tea with osmanthus, 100 g"),
        ("玫瑰花茶 50g", 35, "Rose buds, 50 g"),
    ),
    "茶具": (
        ("白瓷盖碗 150ml", 68, "Gaiwan, white porcelain, 150 ml"),
        ("紫砂壶 西施 200ml", 480, "Zisha teapot, Xishi shape, 200 ml"),
        ("汝窑开片 品茗杯", 58, "Cup with Ru glaze"),
        ("玻璃公道杯 300ml", 39, "Glass pitcher, 300 ml"),
        ("竹制茶盘", 168, "Tea tray, bamboo"),
        ("旅行茶具 一壶三杯", 128, "Travel set, a pot and three cups"),
        ("锡制茶叶罐 100g", 198, "Tea caddy, pewter, 100 g"),
        ("茶道六件 竹", 49, "Six tea tools, bamboo"),
    ),
    "礼盒": (
        ("春茗礼盒 龙井双罐", 398, "Spring box, two tins of Longjing"),
        ("岩韵礼盒 大红袍", 458, "Rock tea box, Da Hong Pao"),
        ("团圆礼盒 茶月双拼", 268, "Mid-autumn box, tea and mooncakes"),
        ("新岁礼盒 红茶普洱", 328, "New Year box, black tea and pu'er"),
        ("雅集礼盒 盖碗套装", 298, "Tea party box with gaiwan"),
        ("十二节气 茶礼", 588, "Tea gift of twelve solar terms"),
        ("商务礼盒 尊享", 888, "Business gift, finest selection"),
        ("伴手礼 四小罐", 99, "Souvenir, four small tins"),
    ),
}


def products() -> list[Product]:
    """All of them; within a category by price."""
    found = []
    for shelf, category in enumerate(CATEGORIES, start=1):
        by_price = sorted(_SHELVES[category], key=lambda item: item[1])
        for place, (name, yuan, description) in enumerate(by_price, start=1):
            code = f"T{shelf}{place:02d}"
            found.append(Product(code, name, category, yuan * 100, description))
    return found

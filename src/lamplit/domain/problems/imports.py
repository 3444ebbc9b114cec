"""What can be wrong with a file of places, organisations or people, or with one of its rows."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NO_COLUMN = Problem(
    "import.no-column",
    Text(
        "no column holds `{name}`; the columns are: {columns}.",
        "找不到“{name}”列；现有：{columns}。",
    ),
    Text(
        "Name it so (docs/reference/people.md lists what is recognised), or say which it is: "
        "--map 'COLUMN={name}'.",
        "请按此命名（可识别的列名见 docs/reference/people.md），或用 --map '列名={name}' 指明。",
    ),
    on_pages=Text("Say which of them it is, and plan again.", "请指明是其中哪一列，再看一次改动。"),
)

# One row of it. `{value}` is what stood there.

BLANK = Problem(
    "import.blank",
    Text("the cell is blank.", "此格为空。"),
    Text("Fill it in, or take the row out.", "请补填，或删除该行。"),
)

DUPLICATE = Problem(
    "import.duplicate",
    Text("row {value} says something of the same one.", "第 {value} 行已写过同一项。"),
    Text("Keep one of the two rows.", "请只保留其中一行。"),
)

BAD_KIND = Problem(
    "import.bad-kind",
    Text("`{value}` is not a kind that is known.", "“{value}”不是已知的类别。"),
    Text(
        "docs/reference/people.md lists the kinds, in both languages.",
        "类别（中英文）见 docs/reference/people.md。",
    ),
    on_pages=Text(
        "A place is a district, community, grid cell, building, home, pump station, line span, "
        "work site or aid point; an organisation a company, branch, office or association.",
        "地点可为地区、社区、网格、楼栋、户、泵站、线路档段、作业现场、帮扶点；"
        "组织可为公司、支部、街道、协会。",
    ),
)

UNKNOWN_PARENT = Problem(
    "import.unknown-parent",
    Text(
        "`{value}`, to which it should belong, is neither in the store nor a good row here.",
        "上级“{value}”既不在库中，也不是本文件中可用的行。",
    ),
    Text("Correct the code, or add a row for it.", "请更正编号，或为其添加一行。"),
)

WRONG_PARENT = Problem(
    "import.wrong-parent",
    Text("it can't belong to {value}.", "它不能隶属于 {value}。"),
    Text(
        "A building stands in a community or a grid cell, a household in a building; "
        "docs/reference/people.md has the whole list.",
        "楼栋属于社区或网格，户属于楼栋；完整对照见 docs/reference/people.md。",
    ),
    on_pages=Text(
        "A building stands in a community or a grid cell, a household in a building; "
        "a community in a district.",
        "楼栋属于社区或网格，户属于楼栋，社区属于地区。",
    ),
)

RING = Problem(
    "import.ring",
    Text("it would belong to itself: {value}.", "会形成循环隶属：{value}。"),
    Text("Correct one of the parents.", "请更正其中一个上级。"),
)

BAD_NUMBER = Problem(
    "import.bad-number",
    Text("`{value}` is not a number that can stand here.", "“{value}”不是此处可用的数字。"),
    Text(
        "Latitudes go from -90 to 90, longitudes from -180 to 180, floors from 1 to 200.",
        "纬度 -90 至 90，经度 -180 至 180，层数 1 至 200。",
    ),
)

BAD_PHONE = Problem(
    "import.bad-phone",
    Text("`{value}` is not a telephone number.", "“{value}”不是电话号码。"),
    Text(
        "Write 5 to 15 digits, with + in front for another country; or leave it blank.",
        "请写 5 至 15 位数字，境外号码前加 +；也可留空。",
    ),
)

BAD_HOURS = Problem(
    "import.bad-hours",
    Text("`{value}` can't be read as hours.", "无法识别时间“{value}”。"),
    Text(
        "Write them as `mon-fri 18:00-21:00; sat 09:00-17:00`, or leave the cell blank for any.",
        "请写作“周一至周五 18:00-21:00；周六 09:00-17:00”，不限则留空。",
    ),
)

UNKNOWN_ORGANISATION = Problem(
    "import.unknown-organisation",
    Text("there is no organisation `{value}`.", "没有组织“{value}”。"),
    Text("Correct the code, or import the organisations first.", "请更正编号，或先导入组织表。"),
)

UNKNOWN_PLACE = Problem(
    "import.unknown-place",
    Text("there is no such place `{value}`.", "没有该地点“{value}”。"),
    Text("Correct the code, or import the places first.", "请更正编号，或先导入地点。"),
)

AMBIGUOUS_PLACE = Problem(
    "import.ambiguous-place",
    Text("several kinds of places bear the code `{value}`.", "“{value}”对应多类地点。"),
    Text("Write the kind before it: `building:B1`.", "请在前面写明类别，如“building:B1”。"),
)

WRONG_PLACE = Problem(
    "import.wrong-place",
    Text(
        "`{value}` is not the kind of place that this role needs.",
        "“{value}”的类别不适用于此岗位。",
    ),
    Text(
        "Pairings name a community; responsibilities a building, a household or a site.",
        "结对填社区；包保填楼栋、户或现场。",
    ),
)

UNKNOWN_PERSON = Problem(
    "import.unknown-person",
    Text("there is no person `{value}`.", "没有人员“{value}”。"),
    Text("Correct the code, or import the people first.", "请更正编号，或先导入人员表。"),
)

BAD_ROLE = Problem(
    "import.bad-role",
    Text("`{value}` is not a role that a file can give.", "“{value}”不是可由文件授予的岗位。"),
    Text(
        "docs/reference/people.md lists the roles, in both languages.",
        "岗位（中英文）见 docs/reference/people.md。",
    ),
    on_pages=Text(
        "Write the role as a person's page calls it, in either language.",
        "请按人员页面上的叫法填写岗位，中英文均可。",
    ),
)

PAST_END = Problem(
    "import.past-end",
    Text("it would end on {value}, which is not after today.", "结束日 {value} 不晚于今天。"),
    Text("Take the row out, or correct the date.", "请删除该行，或更正日期。"),
)

NOT_GEOJSON = Problem(
    "import.not-geojson",
    Text("this is no GeoJSON FeatureCollection: {reason}.", "不是 GeoJSON 要素集合：{reason}。"),
    Text(
        "Give polygons and points with `kind` and `code` among their properties.",
        "请提供面或点要素，属性中含 kind 与 code。",
    ),
)

BAD_OUTLINE = Problem(
    "import.bad-outline",
    Text("feature {number}: {reason}.", "第 {number} 个要素：{reason}。"),
    Text(
        "Coordinates are longitude and latitude in degrees; a ring ends where it began.",
        "坐标为经纬度（度）；环须首尾相接。",
    ),
)

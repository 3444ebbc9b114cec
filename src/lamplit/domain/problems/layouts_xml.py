"""What can be wrong with a whole XML file of readings."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

DOCUMENT_TYPE = Problem(
    "layout.xml.document-type",
    Text(
        "the file declares a document type (<!DOCTYPE …>), through which XML can be made to "
        "swell without end or to read other files; it was refused unread.",
        "文件声明了文档类型（<!DOCTYPE …>），可被用来无限膨胀或读取其他文件；未读取即拒收。",
    ),
    Text(
        "Files of meter readings need no DOCTYPE: have it removed at the source, and ask where "
        "the file came from.",
        "电表数据文件不需要 DOCTYPE：请让数据提供方去掉，并核实文件来源。",
    ),
)

BROKEN = Problem(
    "layout.xml.broken",
    Text(
        "the XML breaks off or is malformed: {reason}. Nothing of the file was kept.",
        "XML 不完整或有语法错误：{reason}。该文件的内容一概未保留。",
    ),
    Text(
        "Fetch the file again; compare its size with the source's.",
        "请重新获取该文件，并与来源核对文件大小。",
    ),
)

WRONG_ROOT = Problem(
    "layout.xml.wrong-root",
    Text(
        "the outermost element is <{found}>, where {expected} was expected.",
        "最外层元素为 <{found}>，应为 {expected}。",
    ),
    Text(
        "Let lamplit recognise the layout (leave --layout out), or check that this is the file "
        "that was meant.",
        "请去掉 --layout 让 lamplit 自动识别，或确认文件是否正确。",
    ),
    on_pages=Text(
        "Leave the layout to be recognised, or check that this is the file you mean.",
        "请让系统自动识别布局，或确认文件是否正确。",
    ),
)

TOO_LARGE = Problem(
    "layout.xml.too-large-a-part",
    Text(
        "{megabytes} MB went by without a single reading being completed, or one tag alone is "
        "longer than {tag_megabytes} MB: such a file would fill the memory.",
        "连续 {megabytes} MB 内没有一条完整读数，或单个标签超过 {tag_megabytes} MB："
        "此类文件会耗尽内存。",
    ),
    Text(
        "Check that this is a file of meter readings; split it at the source if it is.",
        "请确认这是电表数据文件；若是，请让数据提供方拆分。",
    ),
)

NO_READINGS = Problem(
    "layout.xml.no-readings",
    Text(
        "the file is well-formed, but there is no reading in it.",
        "文件格式正确，但其中没有任何读数。",
    ),
    Text(
        "Check that the export covered the days and meters that were meant.",
        "请确认导出时所选的日期与电表是否正确。",
    ),
)

SEVERAL_METERS = Problem(
    "layout.xml.several-meters",
    Text(
        "a meter id was given for the file ({given}), but it holds several meters: {found}.",
        "已为该文件指定电表号（{given}），但其中有多只电表：{found}。",
    ),
    Text(
        "Leave the meter id out: each meter then has the name that the file gives it.",
        "请不要指定电表号，各电表将使用文件中的名称。",
    ),
)

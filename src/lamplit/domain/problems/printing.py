"""Problems of printed pages."""

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NOBODY = Problem(
    "printing.for-whom",
    Text("it is not said whose walk list to print.", "未说明打印谁的走访清单。"),
    Text("Name a person or a building.", "请指定人员或楼栋。"),
)

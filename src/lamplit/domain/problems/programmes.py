"""Problems met in a programme's folder; each says the file and, where it can, the line."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

FILE_MISSING = Problem(
    "programme.file-missing",
    Text("there is no {name} here.", "此处没有 {name}。"),
    Text(
        "A programme is a folder with pack.yaml, a form and scenarios/; "
        "`lamplit programme new DIR` writes one to start from.",
        "方案是含 pack.yaml、表单和 scenarios/ 的文件夹；"
        "可用 `lamplit programme new DIR` 生成样板。",
    ),
    on_pages=Text(
        "A programme is a folder with pack.yaml, a form and scenarios/; ask whoever wrote it.",
        "方案是含 pack.yaml、表单和 scenarios/ 的文件夹；请联系其编写者。",
    ),
)
FILE_UNREADABLE = Problem(
    "programme.file-unreadable",
    Text("the file cannot be read as YAML: {reason:en}.", "无法按 YAML 读取该文件：{reason:zh}。"),
    Text(
        "Look at the line named and the one above it: quotes, colons and indentation.",
        "请检查所指行及其上一行的引号、冒号和缩进。",
    ),
)
KEY_TWICE = Problem(
    "programme.key-twice",
    Text("{key} is given twice, first on line {first}.", "{key} 重复出现，首次在第 {first} 行。"),
    Text("Keep one of the two.", "请只保留一处。"),
)
UNKNOWN_KEY = Problem(
    "programme.unknown-key",
    Text("{key} is not a key that is known here.", "此处没有 {key} 这个键。"),
    Text("{hint:en}Known here: {known}.", "{hint:zh}此处可用：{known}。"),
)
MISSING_KEY = Problem(
    "programme.missing-key",
    Text("{key} is missing.", "缺少 {key}。"),
    Text("Add it: {about:en}", "请补上：{about:zh}"),
)
UNKNOWN_VALUE = Problem(
    "programme.unknown-value",
    Text("{value} is not one of the values that are known here.", "此处没有 {value} 这个取值。"),
    Text("{hint:en}Known here: {known}.", "{hint:zh}此处可用：{known}。"),
)
WRONG_SHAPE = Problem(
    "programme.wrong-shape",
    Text("{value} does not fit: {reason:en}.", "{value} 不符合要求：{reason:zh}。"),
    Text("What belongs here: {about:en}", "此处应填：{about:zh}"),
)
LANGUAGE_MISSING = Problem(
    "programme.language-missing",
    Text("the text lacks {which:en}.", "文本缺少{which:zh}。"),
    Text(
        "Every text is given in English and in Chinese: {{en: …, zh: …}}, in a form "
        "label::English (en) and label::中文 (zh).",
        "每段文本都要有英文和中文：{{en: …, zh: …}}；表单中为 label::English (en) 与 "
        "label::中文 (zh)。",
    ),
)
NAME_MISMATCH = Problem(
    "programme.name-mismatch",
    Text(
        "the pack is called {name}, but its folder {folder}.",
        "方案名为 {name}，文件夹却名为 {folder}。",
    ),
    Text("Give both the same name.", "请使两者同名。"),
)
UNKNOWN_ANSWER = Problem(
    "programme.unknown-answer",
    Text("the form asks nothing called {answer}.", "表单中没有名为 {answer} 的问题。"),
    Text("{hint:en}The form asks: {known}.", "{hint:zh}表单中有：{known}。"),
)
UNKNOWN_CHOICE = Problem(
    "programme.unknown-choice",
    Text(
        "{choice} is not a choice of {answer} (list {list_name}).",
        "{answer}（列表 {list_name}）没有选项 {choice}。",
    ),
    Text("{hint:en}Its choices are: {known}.", "{hint:zh}可选：{known}。"),
)
UNKNOWN_CODE = Problem(
    "programme.unknown-code",
    Text(
        "{kind:en} {code} is named here, yet not declared.", "此处用到的{kind:zh} {code} 未声明。"
    ),
    Text("{hint:en}Declared: {known}.", "{hint:zh}已声明：{known}。"),
)
CODE_TWICE = Problem(
    "programme.code-twice",
    Text("{kind:en} {code} is declared twice.", "{kind:zh} {code} 重复声明。"),
    Text("Codes are unique: rename one.", "代码必须唯一：请改名。"),
)
UNREACHABLE_FINDING = Problem(
    "programme.unreachable-finding",
    Text(
        "no answers that the form allows lead to the finding {code}: {reason:en}.",
        "表单允许的回答都得不出发现 {code}：{reason:zh}。",
    ),
    Text(
        "Give it a condition that some answer meets, or take it out.",
        "请给出有回答能满足的条件，或删去该项。",
    ),
)
CONDITION = Problem(
    "programme.condition",
    Text("the condition cannot be read: {reason:en}.", "条件无法解读：{reason:zh}。"),
    Text(
        "A condition is one test, or all:, any: or not: over tests; "
        "docs/reference/programmes.md lists the tests.",
        "条件是一项判断，或由 all:、any:、not: 组合的判断；见 docs/reference/programmes.md。",
    ),
)
DURATION = Problem(
    "programme.duration",
    Text(
        "{what} is {value}, which cannot be meant: {reason:en}.", "{what} 为 {value}：{reason:zh}。"
    ),
    Text("Give {wanted:en}.", "应为{wanted:zh}。"),
)
FORM_MISSING = Problem(
    "programme.form-missing",
    Text("there is no form: {name} is not in the folder.", "缺少表单：文件夹中没有 {name}。"),
    Text(
        "Write form.md (tables in Markdown), or name an .xlsx or .csv under form:.",
        "请编写 form.md（Markdown 表格），或在 form: 下指定 .xlsx、.csv 文件。",
    ),
)
FORM_INVALID = Problem(
    "programme.form-invalid",
    Text("the form cannot be built: {reason}", "表单无法生成：{reason}"),
    Text(
        "Correct the row named; the rows are those of an XLSForm (xlsform.org).",
        "请改正所指的行；各列含义见 XLSForm（xlsform.org）。",
    ),
)
FORM_TASK = Problem(
    "programme.form-task",
    Text(
        "the form does not say which task it answers: {reason:en}.", "表单未关联任务：{reason:zh}。"
    ),
    Text(
        "It needs the question `select_one_from_file tasks.csv` called task, and a sheet entities "
        "with list_name tasks and entity_id ${{task}}.",
        "需要名为 task 的问题 `select_one_from_file tasks.csv`，以及 entities 表："
        "list_name 为 tasks，entity_id 为 ${{task}}。",
    ),
)
PERSONAL_DATA = Problem(
    "programme.personal-data",
    Text(
        "{what:en} would put a person's name on the screen or in the record: {value}.",
        "{what:zh} 会在屏幕或记录中出现个人信息：{value}。",
    ),
    Text(
        "Ask what is needed to help, not who it is: the task knows the door.",
        "只问提供帮助所需的内容，不问姓名：任务已关联住址。",
    ),
)
MEDIA = Problem(
    "programme.media",
    Text("{name} cannot go to phones: {reason:en}.", "{name} 无法下发到手机：{reason:zh}。"),
    Text(
        "Keep media small, with plain names, and not called as a list of tasks or homes is.",
        "媒体文件应较小、文件名简单，且不与任务、住户列表同名。",
    ),
)
NO_SCENARIO = Problem(
    "programme.no-scenario",
    Text("the programme has no scenario.", "该方案没有情景。"),
    Text(
        "Write scenarios/NAME.yaml: a few days of its life, and what should come of them.",
        "请编写 scenarios/名称.yaml：几天的经过，以及应有的结果。",
    ),
)
SCENARIO_FAILED = Problem(
    "programme.scenario-failed",
    Text("{what:en}: expected {expected}, got {got}.", "{what:zh}：应为 {expected}，实为 {got}。"),
    Text(
        "Either the rule or the scenario is wrong: settle which, and correct it.",
        "规则与情景必有一错：请判断并改正。",
    ),
)
UNKNOWN_PROGRAMME = Problem(
    "programme.unknown",
    Text("no programme is called {name}.", "没有名为 {name} 的方案。"),
    Text("{hint:en}There are: {known}.", "{hint:zh}现有：{known}。"),
)
FOLDER_IN_USE = Problem(
    "programme.folder-in-use",
    Text("{folder} exists and is not empty.", "{folder} 已存在且不为空。"),
    Text("Give the name of a new folder.", "请给出新文件夹的名称。"),
)
BAD_NAME = Problem(
    "programme.bad-name",
    Text("{name} cannot name a programme.", "{name} 不能作为方案名。"),
    Text(
        "Use small letters, digits and _, beginning with a letter: well_check.",
        "请用小写字母、数字和下划线，以字母开头，如 well_check。",
    ),
)

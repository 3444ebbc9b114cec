"""An accuracy score as people read it: in the terminal, as Markdown, as a page.

All three show the same sections; only the dress differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text as Styled

from lamplit.domain.accuracy import AtK, Check, FlagScore, Measure, Score
from lamplit.domain.intervals import Interval
from lamplit.domain.language import Language, Text
from lamplit.outbound.markup import FONTS, safe
from lamplit.outbound.reliability import TITLE as TARGETS
from lamplit.outbound.reliability import reliability_svg


class Say(Protocol):
    """A function that says a text in the reader's language."""

    def __call__(self, text: Text, **fields: object) -> str:
        """The text with its fields filled in."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table with a title and a remark; the first column is text, the others are figures.

    `bad_rows` hold what must not be; `spare` columns are left out, in their
    order, until the table fits a narrow terminal.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remark: str = ""
    bad_rows: frozenset[int] = frozenset()
    spare: tuple[int, ...] = ()


T = Text
TITLE = T("How far to trust the list", "清单可信度")
QUESTION = T(
    "The question: was nobody home all day, inside an empty spell of at least 3 days? A day is "
    "flagged when its state is dark or micro; unread days are not flagged.",
    "判断标准：当日全天无人，且处于至少三天的无人期。状态为零度或微电量即为标记；未读到的日子不标记。",
)
SCOPE = T(
    "{homes:,} homes, {days:,} home-days from {first} to {last}; {empty:,} of them truly empty.",
    "{homes:,} 户，{days:,} 户日（{first} 至 {last}），其中 {empty:,} 户日确实无人。",
)
DIFFER = T(
    "State and probability ≥ 0.5 disagree on {days:,} home-days.",
    "“状态”与“概率 ≥ 0.5”在 {days:,} 户日上不一致。",
)
SAME = T(
    "State and probability ≥ 0.5 flag the same days.", "“状态”与“概率 ≥ 0.5”标记的日子完全相同。"
)
DERIVED = T(
    "The truth knows occupancy alone: spells of 3 whole days or more were derived from it.",
    "真值仅含是否有人：三天以上的无人期由此推得。",
)
UNSEEN = T(
    "{days:,} home-days of the truth have no state (counted as unknown); {rows:,} rows of states "
    "have no truth (left out).",
    "真值中有 {days:,} 户日没有状态（计为未知）；状态中有 {rows:,} 行没有真值（未计入）。",
)
MEASURE = T("Measure", "指标")
BY_STATE, BY_CHANCE = T("State", "按状态"), T("Probability ≥ 0.5", "按概率 ≥ 0.5")
INTERVAL, BY_HOME = T("95%", "95% 区间"), T("95% by home", "按户自助法 95%")
PER_DAY = T("Day by day", "逐日")
REMARK_W = T(
    "95%: Wilson's interval (W) for shares, else a bootstrap by home (B). The days of a home go "
    "together, so for shares of days the interval by home is the honest one.",
    "95%：比例用 Wilson 区间（W），其余按户自助法（B）。同户各日相关，日级比例应以按户区间为准。",
)
NAMES = {
    "precision": T("Precision", "精确率"),
    "recall": T("Recall", "召回率"),
    "recall_known": T("Recall on days read", "已读日召回率"),
    "f1": T("F1", "F1"),
    "mcc": T("MCC", "MCC"),
    "alarms": T("False alarms per lived-in home-month", "每有人户月误报次数"),
    "unknown": T("Days unknown", "未知日占比"),
    "median": T("Delay to the first flagged day, median (days)", "首次标记延迟，中位数（天）"),
    "p90": T("Delay, p90 (days)", "延迟，P90（天）"),
    "all": T("Delay, median of all spells (days)", "延迟，全部无人期的中位数（天）"),
    "never": T("Spells never found", "从未发现的无人期"),
}
CHECKS = T("What must never happen", "绝不允许")
COUNT, OF, HOMES, WENT_BY = T("Days", "天数"), T("Of", "总数"), T("Homes", "户数"), T("By", "依据")
MISSING = T("Missing days counted as dark", "缺失日被当作零度")
FRUGAL = T("Frugal elders called empty", "节俭老人被判无人")
PASSED, FAILED, UNTOLD = T("none", "无"), T("FAILED", "不合格"), T("cannot be told", "无法判断")
LIST = T("The list of {day}, homes ranked by probability", "{day} 清单（按概率排序）")
FIRST, FLAGGED = T("First {k:,}", "前 {k:,} 户"), T("All {k:,} flagged", "全部标记的 {k:,} 户")
PRECISION_AT, KNOCKS = T("Precision", "精确率"), T("Knocks per find", "每发现一户的敲门数")
BEST = T("Best possible", "理论上限")
TIED = T("Homes with equal probability at a cut count in part.", "切点处概率相同的住户按比例计入。")
GROUPS = {
    "home_class": T("By home class", "按住户类别"),
    "confounder": T("By confounder (homes that ever had it)", "按干扰因素（曾受影响的住户）"),
}
LABEL, DAYS = T("Label", "类别"), T("Home-days", "户日")
ALARMS_SHORT, UNKNOWN_SHORT = T("False alarms", "误报率"), T("Unknown", "未知")
RELIABILITY = T("Reliability: {target}", "可靠性：{target}")
BIN, SAID, WAS = T("Probability", "概率"), T("Mean said", "平均给出"), T("Was so", "实际占比")
RELIABILITY_REMARK = T(
    "ECE {ece}, Brier {brier}, over {days:,} home-days.",
    "ECE {ece}，Brier {brier}，共 {days:,} 户日。",
)


def sections(
    score: Score, language: Language, baselines: Mapping[str, Score] | None = None
) -> list[Section]:
    """The report's tables in the reader's language; baselines stand beside the main figures."""

    def say(text: Text, **fields: object) -> str:
        return text.say(language, **fields)

    made = [
        _main(score, say, baselines or {}),
        _checks(score, say),
        _list(score, say),
        *_groups(score, say),
    ]
    return made + [_reliability(score, at, say) for at in range(len(score.reliability))]


def lead(score: Score, language: Language) -> list[str]:
    """The sentences over the tables."""
    scope = score.scope
    lines = [
        QUESTION.say(language),
        SCOPE.say(
            language,
            homes=scope.homes,
            days=scope.home_days,
            first=scope.first_day,
            last=scope.last_day,
            empty=scope.empty_days,
        ),
    ]
    if score.by_probability is not None:
        text = DIFFER if score.differing_days else SAME
        lines.append(text.say(language, days=score.differing_days))
    if scope.spells_derived:
        lines.append(DERIVED.say(language))
    if scope.truth_days_without_state or scope.state_rows_without_truth:
        unseen = {"days": scope.truth_days_without_state, "rows": scope.state_rows_without_truth}
        lines.append(UNSEEN.say(language, **unseen))
    return lines


def figure(value: float | None, places: int = 3) -> str:
    """A figure; a dash where it could not be worked out."""
    return "–" if value is None else f"{value:.{places}f}"


def span(interval: Interval | None, places: int = 3) -> str:
    """`0.951-0.972 W`: an interval and how it was made."""
    if interval is None:
        return ""
    mark = "W" if interval.method == "wilson" else "B"
    high = "∞" if interval.high == float("inf") else f"{interval.high:.{places}f}"
    return f"{interval.low:.{places}f}–{high} {mark}"


def measures(score: Score, flags: FlagScore) -> dict[str, tuple[Measure, int]]:
    """The main figures by name, each with its number of decimals."""
    return {
        "precision": (flags.precision, 3),
        "recall": (flags.recall, 3),
        "recall_known": (flags.recall_known, 3),
        "f1": (flags.f1, 3),
        "mcc": (flags.mcc, 3),
        "alarms": (flags.false_alarms_per_home_month, 4),
        "unknown": (score.unknown, 3),
        "median": (flags.delay.median, 0),
        "p90": (flags.delay.p90, 0),
        "all": (Measure(flags.delay.median_of_all, flags.delay.spells), 0),
        "never": (flags.delay.never_found, 3),
    }


def _main(score: Score, say: Say, baselines: Mapping[str, Score]) -> Section:
    columns = [say(MEASURE), say(BY_STATE), say(INTERVAL), say(BY_HOME)]
    others: list[dict[str, tuple[Measure, int]]] = []
    if score.by_probability is not None and score.differing_days:
        columns.append(say(BY_CHANCE))
        others.append(measures(score, score.by_probability))
    for name, baseline in baselines.items():
        columns.append(name)
        others.append(measures(baseline, baseline.by_state))
    rows = []
    for name, (measure, places) in measures(score, score.by_state).items():
        beside = [figure(other[name][0].value, places) for other in others]
        rows.append(
            (
                say(NAMES[name]),
                figure(measure.value, places),
                span(measure.interval, places),
                span(measure.by_home, places),
                *beside,
            )
        )
    return Section(say(PER_DAY), tuple(columns), tuple(rows), say(REMARK_W), spare=(3,))


def _checks(score: Score, say: Say) -> Section:
    rows, bad = [], set()
    named = ((MISSING, score.missing_as_dark), (FRUGAL, score.frugal_called_empty))
    for number, (name, check) in enumerate(named):
        rows.append((say(name), *_checked(check, say)))
        if check.passed is False:
            bad.add(number)
    columns = ("", "", say(COUNT), say(OF), say(HOMES), say(WENT_BY))
    return Section(say(CHECKS), columns, tuple(rows), bad_rows=frozenset(bad))


def _checked(check: Check, say: Say) -> tuple[str, ...]:
    if check.of is None:
        return (say(UNTOLD), "–", "–", "–", check.judged_by)
    verdict = say(PASSED) if check.passed else say(FAILED)
    return (verdict, f"{check.count:,}", f"{check.of:,}", f"{check.homes:,}", check.judged_by)


def _list(score: Score, say: Say) -> Section:
    rows = [_step(say(FIRST, k=step.k), step) for step in score.at_k]
    if score.list_tonight is not None:
        rows.append(_step(say(FLAGGED, k=score.list_tonight.k), score.list_tonight))
    columns = ("", say(PRECISION_AT), say(INTERVAL), say(KNOCKS), say(INTERVAL), say(BEST))
    tied = say(TIED) if any(step.tied_at_cut for step in score.at_k) else ""
    return Section(say(LIST, day=score.scope.ranked_day), columns, tuple(rows), tied, spare=(5, 4))


def _step(name: str, step: AtK) -> tuple[str, ...]:
    return (
        name,
        figure(step.precision.value),
        span(step.precision.interval),
        figure(step.knocks_per_find.value, 2),
        span(step.knocks_per_find.interval, 2),
        figure(step.attainable, 2),
    )


def _groups(score: Score, say: Say) -> Iterator[Section]:
    columns = (
        say(LABEL),
        say(HOMES),
        say(DAYS),
        say(NAMES["precision"]),
        say(NAMES["recall"]),
        say(NAMES["f1"]),
        say(INTERVAL),
        say(ALARMS_SHORT),
        say(INTERVAL),
        say(UNKNOWN_SHORT),
    )
    for dimension, title in GROUPS.items():
        rows = []
        for group in score.groups:
            if group.dimension != dimension:
                continue
            made = group.score
            rows.append(
                (
                    group.label,
                    f"{group.homes:,}",
                    f"{group.days:,}",
                    figure(made.precision.value),
                    figure(made.recall.value),
                    figure(made.f1.value),
                    span(made.f1.interval),
                    figure(made.false_alarms_per_home_month.value, 3),
                    span(made.false_alarms_per_home_month.interval),
                    figure(group.unknown.value),
                )
            )
        if rows:
            yield Section(say(title), columns, tuple(rows), spare=(8, 6))


def _reliability(score: Score, at: int, say: Say) -> Section:
    made = score.reliability[at]
    rows = tuple(
        (
            f"{entry.low:.1f}–{entry.high:.1f}",
            f"{entry.days:,}",
            figure(entry.mean_probability),
            figure(entry.share_true),
            span(entry.interval),
        )
        for entry in made.bins
    )
    remark = say(
        RELIABILITY_REMARK,
        ece=f"{figure(made.ece.value)} ({span(made.ece.interval)})",
        brier=f"{figure(made.brier.value, 4)} ({span(made.brier.interval, 4)})",
        days=made.days,
    )
    columns = (say(BIN), say(DAYS), say(SAID), say(WAS), say(INTERVAL))
    return Section(say(RELIABILITY, target=say(TARGETS[made.target])), columns, rows, remark)


def score_terminal(
    score: Score, language: Language, baselines: Mapping[str, Score] | None = None
) -> RenderableType:
    """The report for the terminal; wide tables shrink to what is there."""
    parts: list[RenderableType] = [Styled(TITLE.say(language), style="bold")]
    parts += [Styled(line) for line in lead(score, language)]
    for section in sections(score, language, baselines):
        parts += [Styled(), Styled(section.title, style="bold"), _Fitted(section)]
        if section.remark:
            parts.append(Styled(section.remark, style="dim"))
    return Group(*parts)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A section's table, without the spare columns that would not fit."""

    section: Section

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for left_out in range(len(self.section.spare) + 1):
            table = _rich(self.section, frozenset(self.section.spare[:left_out]))
            needed = Measurement.get(console, options.update(max_width=1_000), table).maximum
            if needed <= options.max_width:
                break
        yield table


def _rich(section: Section, without: frozenset[int]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for place, name in enumerate(section.columns):
        if place not in without:
            table.add_column(Styled(name), justify="left" if place == 0 else "right")
    for number, row in enumerate(section.rows):
        style = "bold red" if number in section.bad_rows else ""
        cells = (Styled(cell) for place, cell in enumerate(row) if place not in without)
        table.add_row(*cells, style=style)
    return table


def score_markdown(
    score: Score, language: Language, baselines: Mapping[str, Score] | None = None
) -> str:
    """The report as Markdown."""
    lines = [f"# {TITLE.say(language)}", "", *(f"{line}\n" for line in lead(score, language))]
    for section in sections(score, language, baselines):
        lines += [f"## {section.title}", "", _pipes(section.columns)]
        lines.append("|" + "|".join([" --- ", *[" ---: "] * (len(section.columns) - 1)]) + "|")
        lines += [_pipes(row) for row in section.rows]
        lines += ["", section.remark, ""] if section.remark else [""]
    return "\n".join(lines).rstrip() + "\n"


def _pipes(cells: tuple[str, ...]) -> str:
    escaped = (" ".join(c.replace("\\", "\\\\").replace("|", "\\|").split()) for c in cells)
    return "| " + " | ".join(escaped) + " |"


def score_html(
    score: Score, language: Language, baselines: Mapping[str, Score] | None = None
) -> str:
    """The report as a page of its own, with the reliability diagrams."""
    title = safe(TITLE.say(language))
    body = [f"<h1>{title}</h1>", *(f"<p>{safe(line)}</p>" for line in lead(score, language))]
    for section in sections(score, language, baselines):
        body += [f"<h2>{safe(section.title)}</h2>", _html_table(section)]
        body += [f"<p class=remark>{safe(section.remark)}</p>"] if section.remark else []
    diagrams = "".join(
        f"<figure>{reliability_svg(made, language)}</figure>" for made in score.reliability
    )
    lang = "zh-Hans" if language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        + "\n".join(body)
        + f'<div class="diagrams">{diagrams}</div></main></body></html>\n'
    )


def _html_table(section: Section) -> str:
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in section.columns)
    rows = []
    for number, row in enumerate(section.rows):
        cells = "".join(f"<td>{safe(cell)}</td>" for cell in row[1:])
        bad = ' class="bad"' if number in section.bad_rows else ""
        rows.append(f'<tr{bad}><th scope="row">{safe(row[0])}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{safe(section.title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


_STYLE = (
    ":root{color-scheme:light dark;--ink:#1b2036;--soft:#4c5370;--line:#d5d0c2;--bg:#fdfcf8;"
    "--bad:#a8201a}"
    "@media (prefers-color-scheme:dark){:root{--ink:#f3eee0;--soft:#b9bcd6;--line:#39416a;"
    "--bg:#0d1228;--bad:#ff9daf}}"
    f"body{{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 {FONTS}}}"
    "main{max-width:1100px;margin:0 auto;padding:24px 16px}"
    "h2{margin:32px 0 8px;font-size:1.15rem}.scroll{overflow-x:auto}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:5px 14px 5px 0;text-align:right;border-bottom:1px solid var(--line);"
    "white-space:nowrap}th:first-child{text-align:left;font-weight:500}"
    "thead th{color:var(--soft);font-weight:600}.bad{color:var(--bad);font-weight:700}"
    ".remark{color:var(--soft);font-size:14px;max-width:70ch}"
    ".diagrams{display:flex;flex-wrap:wrap;gap:20px;margin-top:24px}"
    "figure{margin:0}figure svg{max-width:100%;height:auto;border-radius:8px}"
    "@media print{:root{--ink:#000;--soft:#333;--bg:#fff;--line:#999}table{font-size:9pt}}"
)

"""`lamplit score`: how far to trust the list, against a truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json, stdout
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    import pyarrow as pa

    from lamplit.domain.accuracy import Score

States = Annotated[
    Path,
    typer.Option(
        "--states",
        metavar="FILE",
        help=tr("States, CSV or Parquet.", "状态文件（CSV 或 Parquet）。"),
    ),
]
Truth = Annotated[
    Path,
    typer.Option(
        "--truth",
        metavar="FILE",
        help=tr("Truth, CSV or Parquet.", "真值文件（CSV 或 Parquet）。"),
    ),
]
Readings = Annotated[
    Path | None,
    typer.Option(
        "--readings",
        metavar="FILE",
        help=tr(
            "Daily kWh (household_id, day, kwh): for the baselines, and to tell missing days.",
            "日电量（household_id, day, kwh）：用于基线，并判断缺失日。",
        ),
    ),
]
Baselines = Annotated[
    bool,
    typer.Option(
        "--baselines",
        help=tr(
            "Score two plain rules beside it, on --readings or on the home's lake.",
            "同时评估两种简单规则，数据取自 --readings 或主目录。",
        ),
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help=tr("Also write a report: .md, .html or .json.", "另存报告：.md、.html 或 .json。"),
    ),
]

KINDS = (".md", ".html", ".json")


def register(app: typer.Typer) -> None:
    """Add `score` to the app."""

    @app.command(
        "score",
        help=tr(
            "Score states against a truth: precision, recall, delay, false alarms.",
            "用真值评估状态：精确率、召回率、延迟与误报。",
        ),
    )
    def score(
        states: States,
        truth: Truth,
        readings: Readings = None,
        baselines: Baselines = False,
        output: Output = None,
        as_json: JsonOption = False,
        home: HomeOption = DEFAULT_HOME,
    ) -> None:
        from lamplit.outbound.accuracy_report import score_terminal
        from lamplit.outbound.tables import check_path

        if output is not None:
            check_path(output, KINDS)
        found, beside = _scores(states, truth, readings, home if baselines else None)
        if output is not None:
            _write(output, found, beside)
        if as_json:
            print_json(_plain(found, beside))
        else:
            stdout().print(score_terminal(found, LANGUAGE, beside))


def _scores(
    states: Path, truth: Path, readings: Path | None, home: Path | None
) -> tuple[Score, dict[str, Score]]:
    """The score, and those of the baselines by name where a home is given."""
    from lamplit.services.baselines import baselines, days_unread
    from lamplit.services.score import score
    from lamplit.services.score_input import read_table

    truth_table = read_table(truth)
    daily = _daily(readings, home)
    missing = days_unread(daily) if daily is not None else None
    found = score(
        read_table(states),
        truth_table,
        missing=missing,
        states_name=str(states),
        truth_name=str(truth),
    )
    beside: dict[str, Score] = {}
    if home is not None and daily is not None:
        for name, table in baselines(daily):
            beside[name] = score(table, truth_table, missing=missing, truth_name=str(truth))
    return found, beside


def _daily(readings: Path | None, home: Path | None) -> pa.Table | None:
    """Daily kWh from the file, else from the home's lake, else none."""
    from lamplit.services.score_input import read_table

    if readings is not None:
        return read_table(readings)
    if home is None:
        return None
    from lamplit.cli.common import open_home
    from lamplit.domain.errors import LamplitError
    from lamplit.domain.problems.score import BASELINES_NEED_READINGS
    from lamplit.services.daily import daily_kwh

    daily = daily_kwh(open_home(home))
    if daily.num_rows == 0:
        raise LamplitError(BASELINES_NEED_READINGS, where=str(home))
    return daily


def _plain(found: Score, beside: dict[str, Score]) -> dict[str, object]:
    answer = found.as_dict()
    if beside:
        answer["baselines"] = {name: score.as_dict() for name, score in beside.items()}
    return answer


def _write(output: Path, found: Score, beside: dict[str, Score]) -> None:
    import json

    from lamplit.outbound.accuracy_report import score_html, score_markdown
    from lamplit.outbound.tables import write_text

    suffix = output.suffix.lower()
    if suffix == ".md":
        text = score_markdown(found, LANGUAGE, beside)
    elif suffix == ".html":
        text = score_html(found, LANGUAGE, beside)
    else:
        text = json.dumps(_plain(found, beside), ensure_ascii=False, indent=2) + "\n"
    write_text(output, text, KINDS)
    note(tr(f"Report written to {output}.", f"报告已写入 {output}。"))

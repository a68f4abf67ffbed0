"""Makes Grafana's JSON of the boards, with Grafana's own types."""

import json
from collections.abc import Sequence

from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, ThresholdsConfig
from grafana_foundation_sdk.builders.dashboard import Row as RowPanel
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos, Threshold, ThresholdsMode

from deploy.grafana.charts import Board, Chart, Query

WIDTH = 24
TALL, FLAT = 8, 4
SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")


def text_of(board: Board) -> str:
    """The dashboard as Grafana reads it from a file."""
    made = (
        Dashboard(board.title)
        .uid(board.uid)
        .description(board.says)
        .tags(["revcycle"])
        .readonly()
        .refresh("30s")
        .time("now-3h", "now")
        .timezone("browser")
        .with_variable(DatasourceVariable("source").type("prometheus").label("Source"))
    )
    below, next_id = 0, 1
    for row in board.rows:
        place = GridPos(h=1, w=WIDTH, x=0, y=below)
        made = made.with_row(RowPanel(row.title).id(next_id).grid_pos(place))
        next_id, below = next_id + 1, below + 1
        for chart, where in zip(row.charts, places(row.charts, below), strict=True):
            made = made.with_panel(_panel(chart).id(next_id).grid_pos(where))
            next_id += 1
            below = max(below, where.y + where.h)
    return json.dumps(made.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def places(charts: Sequence[Chart], top: int) -> list[GridPos]:
    """Numbers beside each other in one line, then two or three charts in each."""
    numbers = [chart for chart in charts if chart.shape == "number"]
    lines = len(charts) - len(numbers)
    across = 3 if lines % 3 == 0 else 2
    found: list[GridPos] = []
    small = large = 0
    for chart in charts:
        if chart.shape == "number":
            width = WIDTH // max(len(numbers), 3)
            found.append(GridPos(h=FLAT, w=width, x=small * width, y=top))
            small += 1
        else:
            width, down = WIDTH // across, top + (FLAT if numbers else 0)
            found.append(GridPos(h=TALL, w=width, x=large % across * width, y=down + large // across * TALL))
            large += 1
    return found


def _panel(chart: Chart) -> Stat | Timeseries:
    return _number(chart) if chart.shape == "number" else _lines(chart)


def _number(chart: Chart) -> Stat:
    panel = Stat().title(chart.title).description(chart.says).unit(chart.unit).datasource(SOURCE)
    panel = panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    if chart.bad_from is not None:
        # A threshold is also said in words: the title names what is bad, and the number is there.
        steps = [Threshold(value=None, color="green"), Threshold(value=chart.bad_from, color="red")]
        panel = panel.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    for number, query in enumerate(chart.queries):
        panel = panel.with_target(_target(number, query))
    return panel


def _lines(chart: Chart) -> Timeseries:
    legend = VizLegendOptions().display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.BOTTOM)
    panel = Timeseries().title(chart.title).description(chart.says).unit(chart.unit).datasource(SOURCE).min(0)
    panel = panel.legend(legend.show_legend(True).calcs(["lastNotNull", "max"])).fill_opacity(8).line_width(1)
    for number, query in enumerate(chart.queries):
        panel = panel.with_target(_target(number, query))
    return panel


def _target(number: int, query: Query) -> Dataquery:
    return Dataquery().expr(query.expr).legend_format(query.legend).ref_id(chr(ord("A") + number)).datasource(SOURCE)

/** The parts of ECharts that our charts use; loaded only with the first chart. */
import { BarChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent,
  MarkPointComponent, TooltipComponent, VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([
  AriaComponent, BarChart, DataZoomComponent, GridComponent, HeatmapChart, LegendComponent, LineChart,
  MarkAreaComponent, MarkLineComponent, MarkPointComponent, ScatterChart, SVGRenderer, TooltipComponent,
  VisualMapComponent,
]);

export { init };

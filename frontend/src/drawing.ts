// Charts by ECharts, in the colours of the page. Loaded by chart.ts when one is seen.
import { BarChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { ChartData } from "./chart";

echarts.use([
  ...[AriaComponent, BarChart, GridComponent, HeatmapChart, LegendComponent, LineChart],
  ...[ScatterChart, SVGRenderer, TooltipComponent, VisualMapComponent],
]);

type Option = Record<string, unknown>;

export class Drawing {
  private readonly chart: echarts.ECharts;
  private readonly resized: ResizeObserver;
  private readonly theme = matchMedia("(prefers-color-scheme: dark)");

  constructor(
    private readonly host: HTMLElement,
    private readonly data: ChartData,
  ) {
    this.chart = echarts.init(host, undefined, { renderer: "svg" });
    this.chart.on("click", ({ dataIndex }) => {
      const link = this.data.links?.[dataIndex as number];
      if (link) location.assign(link);
    });
    this.resized = new ResizeObserver(() => this.chart.resize());
    this.resized.observe(host);
    this.theme.addEventListener("change", this.draw);
    this.draw();
  }

  dispose(): void {
    this.theme.removeEventListener("change", this.draw);
    this.resized.disconnect();
    this.chart.dispose();
  }

  private draw = (): void => {
    this.chart.setOption({ ...this.frame(), ...this.shape() }, true);
  };

  private colour(name: string): string {
    return getComputedStyle(this.host).getPropertyValue(`--${name}`).trim();
  }

  private show = (value: number | null): string => {
    if (value === null || value === undefined) return "–";
    const language = document.documentElement.lang;
    const options: Intl.NumberFormatOptions = { maximumFractionDigits: 2 };
    const unit = this.host.dataset.unit;
    if (unit === "percent") Object.assign(options, { style: "percent", maximumFractionDigits: 1 });
    if (unit === "money" && this.host.dataset.currency) {
      const currency = { style: "currency", currency: this.host.dataset.currency };
      Object.assign(options, currency, { currencyDisplay: "narrowSymbol", maximumFractionDigits: 0 });
    }
    return new Intl.NumberFormat(language, options).format(value);
  };

  private frame(): Option {
    const text = { color: this.colour("second"), fontFamily: this.colour("font"), fontSize: 14 };
    const line = { lineStyle: { color: this.colour("line") } };
    const several = this.data.series.length > 1;
    return {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      aria: { enabled: true },
      color: [this.colour("accent"), this.colour("warn"), this.colour("faint"), this.colour("bad")],
      textStyle: text,
      grid: { left: 4, right: 12, top: several ? 36 : 12, bottom: 4, containLabel: true },
      legend: several ? { top: 0, left: 0, textStyle: text, icon: "circle" } : undefined,
      tooltip: {
        trigger: "axis",
        valueFormatter: this.show,
        backgroundColor: this.colour("surface"),
        borderColor: this.colour("line"),
        textStyle: { ...text, color: this.colour("ink") },
      },
      xAxis: { type: "category", data: this.data.x, axisLine: line, axisTick: { show: false }, axisLabel: { ...text, ...this.few() } },
      yAxis: { type: "value", splitLine: line, axisLabel: { ...text, formatter: this.show } },
    };
  }

  // Of a few names none is left out: where they don't fit side by side they lean.
  private few(): Option {
    const names = this.data.x.map(String);
    if (names.length > 8) return {};
    const longest = Math.max(...names.map((name) => [...name].reduce((sum, c) => sum + (c > "\u2e7f" ? 14 : 8), 0)));
    return { interval: 0, rotate: longest > (this.host.clientWidth - 60) / names.length ? 30 : 0 };
  }

  private shape(): Option {
    const kind = this.host.dataset.kind ?? "line";
    if (kind === "heat") return this.heat();
    return { series: this.data.series.map((series) => this.series(kind, series)) };
  }

  private series(kind: string, { name, values }: ChartData["series"][number]): Option {
    const common = { name, data: values };
    switch (kind) {
      case "bar":
        return { ...common, type: "bar", barMaxWidth: 32, itemStyle: { borderRadius: [3, 3, 0, 0] } };
      case "stack":
        return { ...common, type: "bar", stack: "all", barMaxWidth: 32 };
      case "area":
        return { ...common, type: "line", stack: "all", areaStyle: { opacity: 0.25 }, showSymbol: false };
      case "scatter":
        return { ...common, type: "scatter", symbolSize: 7 };
      default:
        return { ...common, type: "line", showSymbol: values.length < 2, lineStyle: { width: 2 } };
    }
  }

  private heat(): Option {
    const cells = this.data.series.flatMap((series, row) =>
      series.values.map((value, column) => [column, row, value ?? "-"]),
    );
    const values = this.data.series.flatMap((series) => series.values).filter((v) => v !== null);
    return {
      tooltip: { trigger: "item" },
      yAxis: { type: "category", data: this.data.series.map((series) => series.name), inverse: true },
      visualMap: {
        show: false,
        min: Math.min(...values),
        max: Math.max(...values),
        inRange: { color: [this.colour("accent-soft"), this.colour("accent")] },
      },
      series: [
        {
          type: "heatmap",
          data: cells,
          label: { show: cells.length <= 200, formatter: (cell: { value: [number, number, number] }) => this.show(cell.value[2]) },
        },
      ],
    };
  }
}

// <z-chart data-kind data-unit data-currency> draws the JSON in its <script> child:
// {"label": …, "x": [...], "series": [{"name": …, "values": [...]}]}. The library comes when the
// first chart is seen; the table behind the chart stays for whoever prefers it.
import type { Drawing } from "./drawing";

export interface ChartData {
  label?: string;
  x: string[];
  series: { name: string; values: (number | null)[] }[];
  links?: string[]; // where a point leads, in the order of x
}

class Chart extends HTMLElement {
  private drawing?: Drawing;
  private data?: ChartData;

  connectedCallback(): void {
    this.data ??= JSON.parse(this.querySelector("script")?.textContent ?? "null") ?? undefined;
    if (!this.data) return;
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      void this.draw();
    });
    seen.observe(this);
  }

  disconnectedCallback(): void {
    this.drawing?.dispose();
  }

  private async draw(): Promise<void> {
    const { Drawing } = await import("./drawing");
    if (!this.isConnected || !this.data) return;
    this.drawing = new Drawing(this, this.data);
  }
}

customElements.define("z-chart", Chart);

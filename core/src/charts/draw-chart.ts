import type { Chart } from "../domain/chart.ts";
import { drawPanel, PANEL_HEIGHT } from "./draw-panel.ts";
import { INK, MARGIN, PAPER, textAt, WIDTH } from "./svg.ts";

const TITLE_HEIGHT = 56;

/**
 * The chart as SVG, 720 wide. The paper is opaque and light: the same picture is read on a light and on a dark screen, and a
 * transparent one would lose its words on one of them.
 */
export function drawChart(chart: Chart): string {
  const height = TITLE_HEIGHT + chart.panels.length * PANEL_HEIGHT;
  const panels = chart.panels.map((panel, index) =>
    drawPanel(panel, { chart, top: TITLE_HEIGHT + index * PANEL_HEIGHT }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<rect width="${WIDTH}" height="${height}" fill="${PAPER}"/>`,
    textAt({ x: MARGIN, y: 36, size: 22, fill: INK, bold: true, most: 44 }, chart.title),
    textAt({ x: WIDTH - MARGIN, y: 36, size: 16, fill: INK, anchor: "end" }, "times in UTC"),
    ...panels,
    "</svg>",
  ].join("");
}

import type { Chart, ChartLine, ChartPanel } from "../domain/chart.ts";
import { type Axis, axisOf, tickWords, timeTicks, valueWords } from "./axis.ts";
import { ALARM, cut, FAINT, fixed, INK, LESSER, LINE_COLOURS, lineAt, MARGIN, textAt, WIDTH } from "./svg.ts";

export const PANEL_HEIGHT = 264;
const LEFT = 92;
const RIGHT = WIDTH - MARGIN;
const TITLE = 22;
const ROW = 24;
const FOOT = 40;
const COLUMNS = 2;
/** As many as have a name in two rows; more cannot be told apart on a phone. */
const LINES_AT_MOST = 4;

/** Where moments and values lie on the picture. */
interface Scale {
  readonly axis: Axis;
  readonly top: number;
  readonly bottom: number;
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

/** One panel: its title, who is which line with the last value, grid, thresholds, marks, and the lines. */
export function drawPanel(panel: ChartPanel, { chart, top }: { chart: Chart; top: number }): string {
  const scale = scaleOf(panel, { chart, top });
  const lines = panel.lines.slice(0, LINES_AT_MOST);
  return [
    textAt({ x: MARGIN, y: top + 18, size: 18, fill: INK, bold: true, most: 50 }, panel.title),
    drawLegend(panel, top),
    drawGrid(panel, scale),
    drawTimes(chart, scale),
    ...panel.thresholds.map((threshold) => drawThreshold(threshold, scale)),
    ...lines.map((line, index) => drawLine(line, { scale, colour: colourOf(index), isStepped: panel.unit === "rung" })),
    ...chart.marks.map((mark) => drawMark(mark, scale)),
  ].join("");
}

function scaleOf(panel: ChartPanel, { chart, top }: { chart: Chart; top: number }): Scale {
  const known = panel.lines.flatMap(({ points }) => points.flatMap(([, value]) => (value === null ? [] : [value])));
  const axis = axisOf(panel.unit, [...known, ...panel.thresholds.map(({ value }) => value)]);
  const rows = Math.ceil(Math.min(panel.lines.length, LINES_AT_MOST) / COLUMNS);
  const [upper, lower] = [top + TITLE + ROW * rows + 14, top + PANEL_HEIGHT - FOOT];
  return {
    axis,
    top: upper,
    bottom: lower,
    x: (at) => LEFT + ((at - chart.from) / (chart.to - chart.from)) * (RIGHT - LEFT),
    y: (value) => lower - ((value - axis.low) / (axis.high - axis.low)) * (lower - upper),
  };
}

const colourOf = (index: number): string => LINE_COLOURS[index % LINE_COLOURS.length] ?? INK;

/** "▬ billing 0   ▬ invoices 5   2 more are not drawn" */
function drawLegend({ lines, unit }: ChartPanel, top: number): string {
  const width = (RIGHT - MARGIN) / COLUMNS;
  const entries = lines.slice(0, LINES_AT_MOST).flatMap((line, index) => {
    const x = MARGIN + (index % COLUMNS) * width;
    const y = top + TITLE + ROW * (Math.floor(index / COLUMNS) + 1) - 4;
    const value = lastWords(line, unit);
    // A character of 16 takes about 10.
    const room = Math.floor((width - 26) / 10) - value.length - 1;
    return [
      `<rect x="${fixed(x)}" y="${y - 10}" width="18" height="6" fill="${colourOf(index)}"/>`,
      textAt({ x: x + 26, y, size: 16, fill: INK }, `${cut(line.name, room)} ${value}`),
    ];
  });
  const more = lines.length - LINES_AT_MOST;
  const place = { x: RIGHT, y: top + 18, size: 16, fill: LESSER, anchor: "end" as const };
  return [...entries, ...(more > 0 ? [textAt(place, `${more} more are not drawn`)] : [])].join("");
}

/** What a line says last; one that ended before the picture does is not said to be so now. */
function lastWords({ points }: ChartLine, unit: ChartPanel["unit"]): string {
  const last = points.findLast(([, value]) => value !== null)?.[1] ?? null;
  if (last === null) return "not measured";
  return `${points.at(-1)?.[1] === null ? "last " : ""}${valueWords(unit, last)}`;
}

function drawGrid({ unit }: ChartPanel, { axis, y }: Scale): string {
  return axis.ticks
    .flatMap((tick) => [
      lineAt([LEFT, y(tick)], [RIGHT, y(tick)], `stroke="${FAINT}" stroke-width="1"`),
      textAt({ x: LEFT - 10, y: y(tick) + 6, size: 16, fill: LESSER, anchor: "end" }, valueWords(unit, tick)),
    ])
    .join("");
}

function drawTimes({ from, to }: Chart, { x, bottom }: Scale): string {
  const ticks = timeTicks(from, to);
  return ticks
    .flatMap((at) => [
      lineAt([x(at), bottom], [x(at), bottom + 6], `stroke="${LESSER}" stroke-width="1"`),
      textAt({ x: x(at), y: bottom + 25, size: 16, fill: LESSER, anchor: anchorAt(x(at)) }, tickWords(at, ticks)),
    ])
    .join("");
}

const anchorAt = (x: number): "start" | "middle" | "end" => (x > RIGHT - 24 ? "end" : "middle");

function drawThreshold({ value, words }: ChartPanel["thresholds"][number], { y }: Scale): string {
  return [
    lineAt([LEFT, y(value)], [RIGHT, y(value)], `stroke="${ALARM}" stroke-width="2" stroke-dasharray="8 6"`),
    textAt({ x: LEFT + 8, y: y(value) - 7, size: 15, fill: ALARM, most: 40, isOverLines: true }, words),
  ].join("");
}

function drawMark({ at, words }: Chart["marks"][number], { x, top, bottom }: Scale): string {
  if (x(at) < LEFT || x(at) > RIGHT) return "";
  const isRight = x(at) > (LEFT + RIGHT) / 2;
  const place = { x: x(at) + (isRight ? -7 : 7), y: top + 15, size: 15, fill: LESSER, most: 30, isOverLines: true };
  return [
    lineAt([x(at), top], [x(at), bottom], `stroke="${LESSER}" stroke-width="1.5" stroke-dasharray="2 4"`),
    textAt({ ...place, anchor: isRight ? "end" : "start" }, words),
  ].join("");
}

/** A line that ends where nothing was measured, and begins anew after it; a lone moment is a dot. */
function drawLine(
  { points }: ChartLine,
  { scale, colour, isStepped }: { scale: Scale; colour: string; isStepped: boolean },
): string {
  return piecesOf(points)
    .map((piece) => {
      const places = piece.map(([at, value]) => [scale.x(at), scale.y(value)] as const);
      const [first] = places;
      if (first === undefined) return "";
      if (places.length === 1)
        return `<circle cx="${fixed(first[0])}" cy="${fixed(first[1])}" r="3" fill="${colour}"/>`;
      return `<path d="${pathOf(places, isStepped)}" fill="none" stroke="${colour}" stroke-width="3" stroke-linejoin="round" stroke-linecap="round"/>`;
    })
    .join("");
}

function pathOf(places: readonly (readonly [number, number])[], isStepped: boolean): string {
  return places
    .map(([x, y], index) => {
      if (index === 0) return `M${fixed(x)} ${fixed(y)}`;
      return isStepped ? `H${fixed(x)}V${fixed(y)}` : `L${fixed(x)} ${fixed(y)}`;
    })
    .join("");
}

/** Stretches without a gap. */
function piecesOf(points: ChartLine["points"]): (readonly [number, number])[][] {
  const pieces: (readonly [number, number])[][] = [[]];
  for (const [at, value] of points) {
    if (value !== null) pieces.at(-1)?.push([at, value]);
    else if ((pieces.at(-1)?.length ?? 0) > 0) pieces.push([]);
  }
  return pieces;
}

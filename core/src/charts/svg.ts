import { redact } from "../secrets/redact.ts";

export const WIDTH = 720;
export const MARGIN = 20;
export const PAPER = "#fbfbfa";
export const INK = "#1d1c1d";
/** Grid and lesser words: 4.6 to 1 and more on the paper for words. */
export const FAINT = "#d8d6d3";
export const LESSER = "#5f5b57";
export const ALARM = "#b3261e";
/** Okabe and Ito's colours, those that stand out on light paper: told apart by whoever sees colours otherwise. */
export const LINE_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b0518d"];

export interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly fill: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly bold?: boolean;
  /** Characters; what is longer is cut. */
  readonly most?: number;
  /** A rim of paper keeps the words apart from lines that cross them. */
  readonly isOverLines?: boolean;
}

/** Words on the picture. What was given by others may hold anything: secrets are taken out, the rest is words and no markup. */
export function textAt(place: TextPlace, words: string): string {
  const { x, y, size, fill, anchor = "start", bold = false, most = 60, isOverLines = false } = place;
  const weight = bold ? ' font-weight="bold"' : "";
  const rim = isOverLines ? ` stroke="${PAPER}" stroke-width="5" stroke-linejoin="round" paint-order="stroke"` : "";
  const look = `font-family="DejaVu Sans" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${weight}${rim}`;
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${look}>${escapeText(cut(redact(words), most))}</text>`;
}

export const lineAt = (from: readonly [number, number], to: readonly [number, number], stroke: string): string =>
  `<path d="M${fixed(from[0])} ${fixed(from[1])}L${fixed(to[0])} ${fixed(to[1])}" ${stroke}/>`;

/** Half a pixel of a doubled picture is as fine as it gets. */
export const fixed = (value: number): string => `${Math.round(value * 100) / 100}`;

export function cut(words: string, most: number): string {
  const characters = [...words];
  return characters.length <= most ? words : `${characters.slice(0, most - 1).join("")}…`;
}

// Control characters are no part of XML at all, escaped or not.
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

const escapeText = (words: string): string =>
  words
    .toWellFormed()
    .replaceAll(NOT_XML, "\ufffd")
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

import type { Figure } from "./figures.ts";

/** What one benchmark found. */
export interface Section {
  readonly name: string;
  readonly about: string;
  /** When and how it was measured: one line. */
  readonly origin: string;
  readonly figures: readonly Figure[];
}

/**
 * The page with the new sections in the place of the old ones of the same name; other sections stay.
 * @param before the page as it is, empty if there is none
 * @param order names of all benchmarks; a section of another name is dropped
 */
export function renderPage(
  before: string,
  { head, sections, order }: { head: string; sections: readonly Section[]; order: readonly string[] },
): string {
  const texts = new Map(before.split(/^(?=## )/m).map((text) => [/^## (.+)/.exec(text)?.[1] ?? "", text.trim()]));
  for (const section of sections) texts.set(section.name, renderSection(section));
  return `${[head.trim(), ...order.flatMap((name) => texts.get(name) ?? [])].join("\n\n")}\n`;
}

function renderSection({ name, about, origin, figures }: Section): string {
  const rows = figures.map(
    ({ what, measured, target, missed }) =>
      `| ${what} | ${measured} | ${target ?? "–"} | ${target === null ? "–" : missed === null ? "met" : "**missed**"} |`,
  );
  const misses = figures.flatMap(({ what, missed }) => (missed === null ? [] : [`- ${what}: ${missed}`]));
  return [
    `## ${name}`,
    "",
    about,
    "",
    "| | measured | target | |",
    "|---|---|---|---|",
    ...rows,
    ...(misses.length === 0 ? [] : ["", "Missed:", "", ...misses]),
    "",
    origin,
  ].join("\n");
}

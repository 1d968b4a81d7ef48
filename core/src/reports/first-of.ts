/** The first lines; the last of them says how many more there are. */
export function firstOf(lines: readonly string[], most: number): string[] {
  const more = lines.length - most;
  const isCut = (index: number): boolean => more > 0 && index === most - 1;
  return lines.slice(0, most).map((line, index) => (isCut(index) ? `${line} · and ${more} more` : line));
}

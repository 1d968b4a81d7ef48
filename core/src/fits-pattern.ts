/** Whether an id fits a pattern in which `*` stands for any letters. Compared piece by piece, so that no pattern can take long. */
export function fitsPattern(id: string, pattern: string): boolean {
  const pieces = pattern.split("*");
  if (pieces.length === 1) return id === pattern;
  const [first = "", last = ""] = [pieces[0], pieces.at(-1)];
  if (!id.startsWith(first) || !id.endsWith(last) || id.length < first.length + last.length) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = id.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= id.length - last.length;
}

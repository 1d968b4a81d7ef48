/** The same content is the same text as JSON, in whatever order its fields were sent or stored. */
export function sortedFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedFields);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, content]) => content !== undefined);
  const inOrder = entries.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(inOrder.map(([name, content]) => [name, sortedFields(content)]));
}

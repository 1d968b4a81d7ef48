/** Agents with this label are never frozen: `exempt: true` in fleet.yaml, or `labels: { exempt: "true" }`. */
export const EXEMPT = "exempt";

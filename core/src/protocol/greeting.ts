/** How long Redis may take for the first word on a new connection. With a pause below 0.8 s, a link that healed is used within 2 s. */
export const GREETING_TIMEOUT_MS = 1200;

interface Connection {
  once(event: "data" | "close", listener: () => void): unknown;
  destroy(error: Error): unknown;
}

/** Ends a connection that was taken, but on which nothing answers the greeting: it stays deaf even after the link has healed. */
export function giveUpIfSilent(connection: Connection): void {
  const end = (): void => void connection.destroy(new Error("Redis did not answer the greeting"));
  const timer = setTimeout(end, GREETING_TIMEOUT_MS);
  for (const sign of ["data", "close"] as const) connection.once(sign, () => clearTimeout(timer));
}

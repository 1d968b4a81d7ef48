/** What one look found. */
export interface Finding {
  /** What was looked at: "Redis persistence". */
  readonly name: string;
  readonly state: "fine" | "mend" | "skipped";
  /** What was found; never a secret. */
  readonly found: string;
  /** How to mend it; only with `mend`. */
  readonly mend?: string;
}

export const fine = (name: string, found: string): Finding => ({ name, state: "fine", found });
export const mend = (name: string, found: string, how: string): Finding => ({ name, state: "mend", found, mend: how });
export const skipped = (name: string, why: string): Finding => ({ name, state: "skipped", found: why });

/** One check; it looks and changes nothing. */
export type Check<About> = (about: About) => Promise<readonly Finding[]> | readonly Finding[];

/** Why something failed, in one line without what may stand behind an address. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  const text = typeof code === "string" ? code : String(message ?? cause);
  return text.replaceAll(/\s+/g, " ").slice(0, 150);
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One line per message, `2026-11-21T03:10:02.123Z warn text key=value`; warnings and errors go to standard error. */
export interface Log {
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
}

export function createLog(agent: string): Log {
  const write =
    (stream: NodeJS.WriteStream, level: string) =>
    (text: string, fields: LogFields = {}) => {
      stream.write(`${new Date().toISOString()} ${level} ${text}${formatFields({ agent, ...fields })}\n`);
    };
  return {
    info: write(process.stdout, "info"),
    warn: write(process.stderr, "warn"),
    error: write(process.stderr, "error"),
  };
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${formatValue(value)}`)
    .join("");
}

// A value from outside is quoted, so that it can neither end the line nor move the cursor of a terminal.
function formatValue(value: unknown): string {
  const text = String(value).slice(0, 500);
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text);
}

/** What to say of a caught value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

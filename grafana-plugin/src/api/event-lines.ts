/** One server-sent event. */
export interface StreamEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** Longer than any event of ours; what is longer is no event. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Reads server-sent events from bytes as they come; a part of one waits for the rest. */
export class EventLines {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** @returns the events that are whole by now; comments are left out */
  read(bytes: Uint8Array): StreamEvent[] {
    const text = (this.#rest + this.#decoder.decode(bytes, { stream: true })).replaceAll("\r\n", "\n");
    const blocks = text.split("\n\n");
    this.#rest = (blocks.pop() ?? "").slice(-MOST_CHARACTERS);
    return blocks.flatMap((block) => parseBlock(block) ?? []);
  }
}

function parseBlock(block: string): StreamEvent | null {
  const fields = block.split("\n").flatMap((line) => {
    const [, name, value = ""] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value }];
  });
  const find = (wanted: string): string | undefined => fields.find(({ name }) => name === wanted)?.value;
  const data = fields.filter(({ name }) => name === "data").map(({ value }) => value);
  return data.length === 0 ? null : { id: find("id") ?? null, type: find("event") ?? "message", data: data.join("\n") };
}

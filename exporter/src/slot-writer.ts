import { labelText, numberText } from "@rollcall/core/adapters/prometheus/text-format.ts";
import type { Family } from "./family.ts";
import { familyHead } from "./render.ts";
import { type RowKinds, type Rows, rowLabelNames, rowLabels, visitRows } from "./rows.ts";
import type { Snapshot } from "./snapshot.ts";

/** A family as it is written. The text is good until it is written again. */
export interface WrittenFamily {
  readonly text: Buffer;
  readonly series: number;
  /** Series of agents whose details are not shown. */
  readonly dropped: number;
}

/** Digits that a value may grow by before its family has to be laid out anew. */
const ROOM = { gauge: 0, counter: 2, histogram: 2 } as const;
const MOST_CHARACTERS_OF_A_NUMBER = 25;

/**
 * Writes a large family into one buffer, each value into a slot of fixed width at the end of its line. As long as the rows
 * and what is known of them stay the same, only values that changed are written: 100,000 series take 8 ms if all did.
 */
export class SlotWriter {
  readonly #family: Family;
  readonly #rows: Rows;
  readonly #head: Buffer;
  #layout: object | null = null;
  #buffer = Buffer.alloc(0);
  #length = 0;
  #width = 0;
  #series = 0;
  #dropped = 0;
  /** By row and line, NaN where there is no series. */
  #values = new Float64Array(0);
  #next = new Float64Array(0);
  /** Where the slot of each value ends. */
  #ends = new Uint32Array(0);

  constructor(family: Family, rows: Rows) {
    this.#family = family;
    this.#rows = rows;
    this.#head = Buffer.from(familyHead(family.name, family.help, family.value.kind));
  }

  write(snapshot: Snapshot): WrittenFamily {
    this.#collect(snapshot);
    if (snapshot.layout !== this.#layout || !this.#rewrite()) this.#layOut(snapshot);
    [this.#values, this.#next] = [this.#next, this.#values];
    return { text: this.#buffer.subarray(0, this.#length), series: this.#series, dropped: this.#dropped };
  }

  #collect(snapshot: Snapshot): void {
    const { of, lines, fill, detailed } = this.#rows;
    let at = 0;
    let dropped = 0;
    visitRows(of, snapshot, (row) => {
      if (at + lines.length > this.#next.length) this.#grow(at + lines.length);
      fill(row, this.#next, at);
      if (detailed && !(row as RowKinds["agents"]).detailed) dropped += takeOut(this.#next, at, lines.length);
      at += lines.length;
    });
    this.#next.fill(Number.NaN, at);
    this.#dropped = dropped;
  }

  #grow(needed: number): void {
    const size = Math.ceil(needed * 1.5);
    const longer = new Float64Array(size);
    longer.set(this.#next);
    this.#next = longer;
    this.#values = new Float64Array(size);
    this.#ends = new Uint32Array(size);
    this.#layout = null;
  }

  /** @returns false if another set of series is known now, or a value does not fit */
  #rewrite(): boolean {
    const [values, next] = [this.#values, this.#next];
    for (let index = 0; index < next.length; index += 1) {
      const value = next[index] as number;
      if (value === values[index]) continue;
      if (Number.isNaN(value) !== Number.isNaN(values[index] as number)) return false;
      if (!Number.isNaN(value) && !writeNumber(this.#buffer, this.#slot(index), value)) return false;
    }
    return true;
  }

  #slot(index: number): Slot {
    const end = this.#ends[index] as number;
    return { start: end - this.#width, end };
  }

  #layOut(snapshot: Snapshot): void {
    this.#layout = null;
    this.#width = this.#widest() + ROOM[this.#family.value.kind];
    this.#series = 0;
    this.#length = 0;
    this.#append(this.#head);
    let at = 0;
    visitRows(this.#rows.of, snapshot, (row) => {
      this.#layOutRow(row, snapshot.fleet, at);
      at += this.#rows.lines.length;
    });
    this.#append(END);
    this.#layout = snapshot.layout;
  }

  #layOutRow(row: RowKinds[Rows["of"]], fleet: string, at: number): void {
    const { of, lines } = this.#rows;
    let own: string | null = null;
    for (const [line, { suffix, labels }] of lines.entries()) {
      const value = this.#next[at + line] as number;
      if (Number.isNaN(value)) continue;
      own ??= labelText(rowLabelNames(of), rowLabels(of, row, fleet));
      const extra = labels.map(([name, text]) => `${name}="${text}",`).join("");
      this.#appendText(`${this.#family.name}${suffix}{${extra}${own}} `);
      this.#reserve(this.#width + 1);
      this.#length += this.#width;
      this.#ends[at + line] = this.#length;
      writeNumber(this.#buffer, this.#slot(at + line), value);
      this.#buffer[this.#length++] = NEWLINE;
      this.#series += 1;
    }
  }

  #widest(): number {
    let widest = 1;
    for (const value of this.#next) if (!Number.isNaN(value)) widest = Math.max(widest, charactersOf(value));
    return widest;
  }

  #append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#length += bytes.copy(this.#buffer, this.#length);
  }

  #appendText(text: string): void {
    // A character takes three bytes of UTF-8 at most.
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const longer = Buffer.allocUnsafeSlow(Math.max(4096, Math.ceil((this.#length + bytes) * 1.25)));
    this.#buffer.copy(longer, 0, 0, this.#length);
    this.#buffer = longer;
  }
}

const NEWLINE = 10;
const BLANK = 32;
const ZERO = 48;
const END = Buffer.from("\n");

interface Slot {
  readonly start: number;
  readonly end: number;
}

/** @returns how many values were there */
function takeOut(values: Float64Array, from: number, count: number): number {
  let found = 0;
  for (let at = from; at < from + count; at += 1) {
    if (!Number.isNaN(values[at] as number)) found += 1;
    values[at] = Number.NaN;
  }
  return found;
}

const isPlain = (value: number): boolean => value >= 0 && value <= Number.MAX_SAFE_INTEGER && Number.isInteger(value);

function charactersOf(value: number): number {
  if (!isPlain(value)) return Math.min(numberText(value).length, MOST_CHARACTERS_OF_A_NUMBER);
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits += 1;
  return digits;
}

/** Right-aligned, with blanks in front, which Prometheus' text format allows. @returns false if it does not fit */
function writeNumber(buffer: Buffer, { start, end }: Slot, value: number): boolean {
  const text = isPlain(value) ? null : numberText(value);
  if ((text?.length ?? charactersOf(value)) > end - start) return false;
  let at = end;
  if (text === null) {
    let rest = value;
    do {
      const tenth = Math.floor(rest / 10);
      buffer[--at] = ZERO + (rest - tenth * 10);
      rest = tenth;
    } while (rest > 0);
  } else {
    at -= text.length;
    buffer.write(text, at, "latin1");
  }
  buffer.fill(BLANK, start, at);
  return true;
}

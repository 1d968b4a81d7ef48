/** Redis refused a command; its name is that which the Redis client gives such an error. */
export class RefusedCommand extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ReplyError";
  }
}

const [ERROR, SIMPLE, INTEGER, BULK, ARRAY] = [45, 43, 58, 36, 42];
const [RETURN, MINUS, ZERO] = [13, 45, 48];

/**
 * Walks over replies of RESP2 in a buffer, value by value, without making an object of what nobody asks for. Each read
 * takes exactly one value. Good until the next reply is handed out.
 */
export class ReplyCursor {
  #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  /** Goes to where a reply begins. */
  place(buffer: Buffer, at: number): void {
    this.#buffer = buffer;
    this.#at = at;
  }

  /** Text of the error that comes next, which is taken then; null if none comes, and nothing is taken. */
  takeError(): string | null {
    if (this.#buffer[this.#at] !== ERROR) return null;
    return this.#takeLine();
  }

  /** The error that comes next, without taking it; null if none comes. */
  peekError(): string | null {
    const start = this.#at;
    const text = this.takeError();
    this.#at = start;
    return text;
  }

  /** @returns null for nil, and for what is no whole number. @throws RefusedCommand */
  takeNumber(): number | null {
    if (this.#buffer[this.#at] === INTEGER) {
      this.#at += 1;
      return this.#takeDigits();
    }
    const text = this.takeText();
    return text === null || !/^-?\d{1,16}$/.test(text) ? null : Number(text);
  }

  /** @returns null for nil. @throws RefusedCommand */
  takeText(): string | null {
    this.#throwIfError();
    const type = this.#buffer[this.#at++];
    if (type === SIMPLE || type === INTEGER) return this.#restOfLine();
    if (type !== BULK) throw new TypeError(`text expected, found a reply of type ${type}`);
    const length = this.#takeDigits();
    if (length < 0) return null;
    const start = this.#at;
    this.#at += length + 2;
    return this.#buffer.toString("utf8", start, start + length);
  }

  /** Takes the head of an array. @returns number of its values, which come next; null for nil. @throws RefusedCommand */
  takeArray(): number | null {
    this.#throwIfError();
    // RESP2 has two kinds of nil, and Redis answers with that of a text where a list could stand.
    const type = this.#buffer[this.#at++];
    if (type !== ARRAY && !(type === BULK && this.#buffer[this.#at] === MINUS))
      throw new TypeError(`an array was expected, found a reply of type ${type}`);
    const length = this.#takeDigits();
    return length < 0 ? null : length;
  }

  /** Takes the text that comes next if it is this one. */
  takeIf(wanted: Buffer): boolean {
    if (this.#buffer[this.#at] !== BULK) return false;
    const start = this.#at;
    this.#at += 1;
    const length = this.#takeDigits();
    const isWanted = length === wanted.length && this.#isNext(wanted);
    this.#at = isWanted ? this.#at + length + 2 : start;
    return isWanted;
  }

  /** Takes one value of any kind. */
  skip(): void {
    let left = 1;
    while (left > 0) {
      left -= 1;
      const type = this.#buffer[this.#at++];
      if (type === BULK) {
        const length = this.#takeDigits();
        if (length >= 0) this.#at += length + 2;
      } else if (type === ARRAY) left += Math.max(0, this.#takeDigits());
      else this.#at = this.#buffer.indexOf(RETURN, this.#at) + 2;
    }
  }

  // Byte by byte: most names differ in the first, and a call into C++ takes longer than the few of the others.
  #isNext(wanted: Buffer): boolean {
    for (let index = 0; index < wanted.length; index += 1)
      if (this.#buffer[this.#at + index] !== wanted[index]) return false;
    return true;
  }

  #throwIfError(): void {
    const refused = this.takeError();
    if (refused !== null) throw new RefusedCommand(refused);
  }

  #takeLine(): string {
    this.#at += 1;
    return this.#restOfLine();
  }

  #restOfLine(): string {
    const end = this.#buffer.indexOf(RETURN, this.#at);
    const text = this.#buffer.toString("utf8", this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #takeDigits(): number {
    const isNegative = this.#buffer[this.#at] === MINUS;
    if (isNegative) this.#at += 1;
    let value = 0;
    let byte = this.#buffer[this.#at++] as number;
    while (byte !== RETURN) {
      value = value * 10 + (byte - ZERO);
      byte = this.#buffer[this.#at++] as number;
    }
    this.#at += 1;
    return isNegative ? -value : value;
  }
}

/** Finds whole replies while their bytes arrive, so that each is walked over once. */
export class WholeReplies {
  /** Values that belong to the reply that arrives now. */
  #left = 1;
  #start = 0;
  #at = 0;

  /** @param end bytes of the buffer that have arrived. @returns where the next whole reply begins; null: it is not there yet */
  next(buffer: Buffer, end: number): number | null {
    while (this.#left > 0) if (!this.#count(buffer, end)) return null;
    const start = this.#start;
    this.#left = 1;
    this.#start = this.#at;
    return start;
  }

  /** Whether these bytes are whole replies that were all told of. */
  areAll(end: number): boolean {
    return this.#start === end;
  }

  /** The bytes so far are there no more: the next ones stand at the beginning. */
  restart(): void {
    this.#start = 0;
    this.#at = 0;
  }

  /** @returns false if the next value has not arrived whole */
  #count(buffer: Buffer, end: number): boolean {
    const type = buffer[this.#at];
    let at = this.#at + 1;
    let length = buffer[at] === MINUS ? -1 : 0;
    for (; at < end && buffer[at] !== RETURN; at += 1) {
      if (length >= 0) length = length * 10 + ((buffer[at] as number) - ZERO);
    }
    const next = at + 2 + (type === BULK && length >= 0 ? length + 2 : 0);
    if (at >= end || next > end) return false;
    this.#left += type === ARRAY && length > 0 ? length - 1 : -1;
    this.#at = next;
    return true;
  }
}

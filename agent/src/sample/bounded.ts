/** A map that forgets its oldest entry when it has more than `limit`. */
export class BoundedMap<V> extends Map<string, V> {
  readonly #limit: number;
  constructor(limit: number) {
    super();
    this.#limit = limit;
  }
  override set(key: string, value: V): this {
    super.set(key, value);
    const [oldest] = this.keys();
    if (this.size > this.#limit && oldest !== undefined) this.delete(oldest);
    return this;
  }
}

/** Remembers the last `limit` keys: the bus delivers at least once, a payment is captured once. */
export function createOnce(limit = 5000): (key: string) => boolean {
  const seen = new BoundedMap<true>(limit);
  return (key) => {
    if (seen.has(key)) return false;
    seen.set(key, true);
    return true;
  };
}

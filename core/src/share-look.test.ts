import { describe, expect, test } from "vitest";
import { shareLook, shareLookAt } from "./share-look.ts";

/** A look that ends when it is told to. */
function makeLook() {
  const begun: PromiseWithResolvers<number>[] = [];
  const shared = shareLook(() => {
    const one = Promise.withResolvers<number>();
    begun.push(one);
    return one.promise;
  });
  return { begun, shared };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a look that many ask for", () => {
  test("is one for all who come while another one is under way, and begins after they came", async () => {
    const { begun, shared } = makeLook();
    const first = shared();
    const others = [shared(), shared(), shared()];
    expect(begun).toHaveLength(1);
    begun[0]?.resolve(1);
    await settled();
    expect(begun).toHaveLength(2);
    begun[1]?.resolve(2);
    expect([await first, ...(await Promise.all(others))]).toEqual([1, 2, 2, 2]);
  });

  test("is a new one for each who comes when none is under way", async () => {
    const { begun, shared } = makeLook();
    for (const expected of [1, 2, 3]) {
      const asked = shared();
      begun.at(-1)?.resolve(expected);
      expect(await asked).toBe(expected);
      await settled();
    }
  });

  test("fails for those who share it, and not for those who come after it", async () => {
    const { begun, shared } = makeLook();
    const first = shared();
    const second = shared();
    begun[0]?.reject(new Error("Redis does not answer"));
    await expect(first).rejects.toThrow("Redis does not answer");
    await settled();
    begun[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  test("at a subject is one at all subjects that were asked about while another one was under way", async () => {
    const begun: { readonly subjects: readonly string[]; readonly end: (seen: string) => void }[] = [];
    const shared = shareLookAt((subjects: ReadonlySet<string>) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      begun.push({ subjects: [...subjects], end: resolve });
      return promise;
    });
    const asked = ["billing", "shipping", "invoices", "shipping"].map((subject) => shared(subject));
    begun[0]?.end("first");
    await settled();
    expect(begun.map(({ subjects }) => subjects)).toEqual([["billing"], ["shipping", "invoices"]]);
    begun[1]?.end("second");
    expect(await Promise.all(asked)).toEqual(["first", "second", "second", "second"]);
  });
});

import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPackFiles } from "./pack-file.ts";

const SHIPPED = join(import.meta.dirname, "../../packs");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packs-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(...texts: string[]) {
  const files = texts.map((_, index) => join(folder, `${index}.yaml`));
  for (const [index, text] of texts.entries()) await writeFile(files[index] as string, text);
  return readPackFiles(files);
}

const metric = (more = "") => `  - name: orders_total
    help: Orders from the shop
    topic: orders.received
${more}`;

describe("a pack's file", () => {
  test("names metrics, what each adds, and which fields are labels", async () => {
    const text = `pack: shop\nmetrics:\n${metric("    add: { field: price.cents, times: 0.01 }\n    by: { city: { field: to.city, most: 3 } }\n")}`;
    expect(await read(text)).toEqual([
      {
        ...{ name: "rollcall_pack_shop_orders_total", help: "Orders from the shop", topic: "orders.received" },
        add: { path: ["price", "cents"], times: 0.01 },
        labels: [{ name: "city", path: ["to", "city"], values: null, most: 3 }],
      },
    ]);
  });

  test.each([
    ["a name that does not say that it only grows", "    name: orders\n", /0\.yaml:3: metrics\[0\]\.name: .*_total/],
    ["a label of Prometheus' own", "    by: { instance: { field: a } }\n", /0\.yaml:6: metrics\[0\]\.by\.instance/],
    ["a field that is no path", '    add: { field: "a..b" }\n', /0\.yaml:6: metrics\[0\]\.add\.field: .*dots between/],
    ["a field that does not exist", "    sum: amount\n", /0\.yaml:6: metrics\[0\]\.sum/],
    [
      "more series than all packs may have",
      "    by: { a: { field: a, most: 100 }, b: { field: b, most: 100 } }\n",
      /0\.yaml:6: metrics\[0\]\.by: 10404 series with this one, allowed for all packs: 5000/,
    ],
  ])("is refused with %s, and its line", async (_, more, problem) => {
    const text = more.includes("name:") ? metric().replace(/ {2}- name.*\n/, `  - ${more.trim()}\n`) : metric(more);
    await expect(read(`pack: shop\nmetrics:\n${text}`)).rejects.toThrow(problem);
  });

  test("is refused if another pack has a metric of that name", async () => {
    const text = `pack: shop\nmetrics:\n${metric()}`;
    await expect(read(text, text)).rejects.toThrow(/1\.yaml:3: .*rollcall_pack_shop_orders_total is there already/);
  });

  test("of those that come with Rollcall are all valid", async () => {
    const files = await readdir(SHIPPED);
    expect(files.length).toBeGreaterThan(0);
    expect((await readPackFiles(files.map((file) => join(SHIPPED, file)))).length).toBeGreaterThan(5);
  });
});

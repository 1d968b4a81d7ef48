import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCollectorsFile } from "./collectors-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "collectors-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  await writeFile(join(folder, "collectors.yaml"), text);
  return readCollectorsFile(join(folder, "collectors.yaml"));
}

describe("the file of the collectors", () => {
  test("needs only names; its paths count from its own folder", async () => {
    const file = await read(`
host: { filesystems: [/] }
pm2: { home: pm2, processes: [billing] }
cron: { folder: cron, jobs: [{ name: backup, schedule: "30 2 * * *" }] }
probes: { targets: [{ name: home, url: "https://example.test/", authorizationFile: token }] }
`);
    expect(file).toMatchObject({
      host: { disks: [], everySeconds: 15 },
      pm2: { command: "pm2", home: join(folder, "pm2") },
      cron: { folder: join(folder, "cron"), jobs: [{ graceSeconds: 3600 }] },
      probes: { targets: [{ expectStatus: [200], authorizationFile: join(folder, "token") }] },
    });
    expect(file.docker).toBeUndefined();
  });

  test.each([
    ["an unknown collector", "hosts: {}", /collectors\.yaml:1: hosts/],
    ["an unknown field", "host:\n  disc: [sda]", /collectors\.yaml:2: host\.disc/],
    ["a name that makes a bad label", 'docker: { containers: ["a b"] }', /letters, digits and/],
    ["a name that stands there twice", "systemd: { units: [a, a] }", /each name once/],
    ["no schedule", "cron: { folder: x, jobs: [{ name: a, schedule: daily at two }] }", /five fields/],
    ["no time zone", "cron: { folder: x, zone: Mars, jobs: [{ name: a, schedule: '* * * * *' }] }", /Europe\/Berlin/],
    ["a password in an address", "probes: { targets: [{ name: a, url: 'http://u:p@x/' }] }", /authorizationFile/],
    ["an address that is none of HTTP", "probes: { targets: [{ name: a, url: 'ftp://x/' }] }", /url/],
    ["a collection every moment", "host: { everySeconds: 0.1 }", /everySeconds/],
  ])("with %s is refused, and says where", async (_, text, problem) => {
    await expect(read(text)).rejects.toThrow(problem);
  });

  test("that is not there is named", async () => {
    await expect(readCollectorsFile(join(folder, "none.yaml"))).rejects.toThrow("there is no such file");
  });
});

import { freemem, totalmem } from "node:os";
import { describe, expect, test } from "vitest";
import { collectOnce, valuesOf } from "../../test/read-collected.ts";
import { hostCollector } from "./host.ts";

const pace = { everySeconds: 15, timeoutSeconds: 10 };
const settings = {
  filesystems: ["/", "/no/such/folder"],
  disks: ["no-disk"],
  interfaces: ["lo", "no-interface"],
  ...pace,
};

describe("the host", () => {
  test("has the figures that the kernel tells", async () => {
    const found = await collectOnce(hostCollector(settings));
    expect(found.rollcall_host_memory_bytes).toBe(totalmem());
    expect(found.rollcall_host_memory_available_bytes).toBeGreaterThan(freemem() / 10);
    expect(found.rollcall_host_cpus).toBeGreaterThan(0);
    expect(found.rollcall_host_load).toBeGreaterThanOrEqual(0);
    expect(found["rollcall_host_cpu_seconds_total user"]).toBeGreaterThan(1);
    expect(found["rollcall_host_filesystem_bytes /"]).toBeGreaterThan(
      found["rollcall_host_filesystem_available_bytes /"] as number,
    );
    expect(found["rollcall_host_network_received_bytes_total lo"]).toBeGreaterThan(0);
  });

  test("lacks what is expected and not there, and nothing is told of that but its absence", async () => {
    const found = await collectOnce(hostCollector(settings));
    expect(valuesOf(found, "rollcall_host_part_present")).toEqual({
      ...{ "filesystem /": 1, "filesystem /no/such/folder": 0 },
      ...{ "disk no-disk": 0, "interface lo": 1, "interface no-interface": 0 },
    });
    const others = Object.keys(found).filter((name) => !name.startsWith("rollcall_host_part_present"));
    expect(others.filter((name) => name.includes("no-") || name.includes("/no/"))).toEqual([]);
  });

  test("is not measured where there is no /proc", async () => {
    await expect(collectOnce(hostCollector(settings, "/no/proc"))).rejects.toMatchObject({ code: "unavailable" });
  });
});

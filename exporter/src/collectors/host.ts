import { readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Collector, Measured } from "./collector.ts";
import { sampleOf } from "./collector.ts";
import type { SettingsOf } from "./collectors-file.ts";

// proc(5): times of /proc/stat are in ticks of 1/100 s on every Linux that Node runs on.
const TICKS_A_SECOND = 100;
const MODES = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"] as const;
// /proc/diskstats counts sectors of 512 bytes, whatever the disk's own are: Documentation/admin-guide/iostats.rst
const SECTOR_BYTES = 512;

/** Key figures of the machine that the exporter runs on, and of the filesystems, disks and interfaces that it should have. */
export function hostCollector(settings: SettingsOf<"host">, proc = "/proc"): Collector {
  const read = async (file: string): Promise<string> =>
    readFile(join(proc, file), "utf8").catch((cause: unknown) => {
      throw new Failure("unavailable", `${join(proc, file)} cannot be read`, { cause });
    });
  return {
    name: "host",
    everySeconds: settings.everySeconds,
    timeoutSeconds: settings.timeoutSeconds,
    async collect() {
      const [load, stat, memory] = await Promise.all([read("loadavg"), read("stat"), read("meminfo")]);
      const [disks, interfaces] = await Promise.all([
        settings.disks.length === 0 ? "" : read("diskstats"),
        settings.interfaces.length === 0 ? "" : read("net/dev"),
      ]);
      return joinParts([
        machine({ load, stat, memory }),
        await filesystems(settings.filesystems),
        disksOf(disks, settings.disks),
        interfacesOf(interfaces, settings.interfaces),
      ]);
    },
  };
}

function machine({ load, stat, memory }: { load: string; stat: string; memory: string }): Measured {
  const lines = stat.split("\n");
  const ticks = wordsOf(lines.find((line) => line.startsWith("cpu ")) ?? "").slice(1);
  const kilobytes = (field: string): number => numberIn(new RegExp(`^${field}: +(\\d+) kB$`, "m").exec(memory)?.[1]);
  return {
    rollcall_host_load: sampleOf([], numberIn(wordsOf(load)[0])),
    rollcall_host_cpus: sampleOf([], lines.filter((line) => /^cpu\d/.test(line)).length || null),
    rollcall_host_cpu_seconds_total: MODES.flatMap((mode, index) =>
      sampleOf([mode], numberIn(ticks[index]) / TICKS_A_SECOND),
    ),
    rollcall_host_memory_bytes: sampleOf([], kilobytes("MemTotal") * 1024),
    rollcall_host_memory_available_bytes: sampleOf([], kilobytes("MemAvailable") * 1024),
  };
}

async function filesystems(mounts: readonly string[]): Promise<Measured> {
  const found = await Promise.all(
    mounts.map(async (mount) => ({ mount, size: await statfs(mount).catch(() => null) })),
  );
  return {
    rollcall_host_part_present: found.map(({ mount, size }) => present("filesystem", mount, size !== null)),
    rollcall_host_filesystem_bytes: found.flatMap(({ mount, size }) =>
      sampleOf([mount], size && size.blocks * size.bsize),
    ),
    rollcall_host_filesystem_available_bytes: found.flatMap(({ mount, size }) =>
      sampleOf([mount], size && size.bavail * size.bsize),
    ),
  };
}

function disksOf(text: string, disks: readonly string[]): Measured {
  const lines = new Map(text.split("\n").map((line) => [wordsOf(line)[2] ?? "", wordsOf(line)]));
  const bytes = (column: number) =>
    disks.flatMap((disk) => sampleOf([disk], numberIn(lines.get(disk)?.[column]) * SECTOR_BYTES));
  return {
    rollcall_host_part_present: disks.map((disk) => present("disk", disk, lines.has(disk))),
    rollcall_host_disk_read_bytes_total: bytes(5),
    rollcall_host_disk_written_bytes_total: bytes(9),
  };
}

function interfacesOf(text: string, interfaces: readonly string[]): Measured {
  const lines = new Map(
    text.split("\n").map((line) => [line.split(":", 1)[0]?.trim() ?? "", wordsOf(line.slice(line.indexOf(":") + 1))]),
  );
  const bytes = (column: number) => interfaces.flatMap((name) => sampleOf([name], numberIn(lines.get(name)?.[column])));
  return {
    rollcall_host_part_present: interfaces.map((name) => present("interface", name, lines.has(name))),
    rollcall_host_network_received_bytes_total: bytes(0),
    rollcall_host_network_sent_bytes_total: bytes(8),
  };
}

const present = (part: string, name: string, is: boolean) => ({ labels: [part, name], value: is ? 1 : 0 });

const joinParts = (parts: readonly Measured[]): Measured => ({
  ...Object.assign({}, ...parts),
  rollcall_host_part_present: parts.flatMap((part) => part.rollcall_host_part_present ?? []),
});

const wordsOf = (line: string): string[] => line.trim().split(/\s+/);
/** NaN for what is not there. */
const numberIn = (text: string | undefined): number => (text === undefined ? Number.NaN : Number(text));

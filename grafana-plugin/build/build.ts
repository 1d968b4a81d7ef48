import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Configuration, rspack } from "@rspack/core";

export const ROOM = join(import.meta.dirname, "..");
export const DIST = join(ROOM, "dist");
const STAMP = join(ROOM, "dist/.sources");
const BOARDS = join(ROOM, "../dashboards/boards");

/**
 * Shared with Grafana: these are its own modules, so that there is one React and one theme.
 * The list of `@grafana/create-plugin`, as far as these sources use it.
 */
const EXTERNALS = [
  { "#amd-module": "module" },
  "react",
  "react/jsx-runtime",
  "react-dom",
  "rxjs",
  "i18next",
  "lodash",
  "@emotion/css",
  "@emotion/react",
  /^@grafana\/(data|ui|runtime)$/i,
];

const chunk = (name: string, test: RegExp) => ({ name, test, chunks: "async" as const, enforce: true });

/** How the plugin is made: the AMD module that Grafana loads, and chunks that it loads when a page needs them. */
export const configuration: Configuration = {
  context: ROOM,
  mode: "production",
  target: ["web", "es2022"],
  devtool: "source-map",
  entry: { module: "./src/module.tsx" },
  externals: EXTERNALS,
  externalsType: "amd",
  output: {
    path: DIST,
    clean: true,
    filename: "[name].js",
    chunkFilename: "[name].[contenthash:8].js",
    library: { type: "amd" },
    publicPath: "public/plugins/rollcall-fleet-app/",
    uniqueName: "rollcall-fleet-app",
  },
  resolve: { extensions: [".tsx", ".ts", ".js"] },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        loader: "builtin:swc-loader",
        options: {
          jsc: { parser: { syntax: "typescript", tsx: true }, transform: { react: { runtime: "automatic" } } },
          env: { targets: "chrome >= 117, firefox >= 121, safari >= 17.4" },
        },
        type: "javascript/auto",
      },
    ],
  },
  optimization: {
    splitChunks: {
      cacheGroups: {
        // One chunk for what every page uses, so that a page costs only what is its own.
        // The filters of a timeline are on two of them, and belong to these.
        parts: chunk("parts", /[\\/]src[\\/]((parts|api)[\\/](?!timeline-filters)|translate\.ts)/),
        // Cards of numbers are on four pages.
        figures: { ...chunk("figures", /[\\/]src[\\/]parts[\\/](metric-card|key-figures)\./), priority: 1 },
        // What finds texts: a library, which Grafana does not share.
        i18n: chunk(
          "i18n",
          /[\\/]node_modules[\\/](@grafana[\\/]i18n|react-i18next|i18next-browser-languagedetector|html-parse-stringify)[\\/]/,
        ),
      },
    },
  },
  performance: false,
};

/** Builds the plugin if it is missing or its sources have changed. @returns whether it was built @throws Error with what the compiler says */
export async function ensureBuilt(): Promise<boolean> {
  const stamp = fingerprint([
    "src/**/*",
    "build/build.ts",
    "package.json",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "../dashboards/boards/*",
  ]);
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp) return false;
  await bundle(configuration);
  copyMetadata();
  writeFileSync(STAMP, stamp);
  return true;
}

/** @throws Error with what the compiler says */
export function bundle(config: Configuration): Promise<void> {
  return new Promise((resolve, reject) => {
    rspack(config, (error, stats) => {
      if (error !== null) reject(error);
      else if (stats?.hasErrors() === true) reject(new Error(stats.toString("errors-only")));
      else resolve();
    });
  });
}

/** What the sources are, as one word. @param patterns below the room */
function fingerprint(patterns: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of globSync([...patterns], { cwd: ROOM, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted())
    hash.update(relative(ROOM, file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

function copyMetadata(): void {
  mkdirSync(DIST, { recursive: true });
  for (const name of ["README.md", "CHANGELOG.md", "LICENSE"]) cpSync(join(ROOM, name), join(DIST, name));
  for (const name of ["img", "locales"]) cpSync(join(ROOM, "src", name), join(DIST, name), { recursive: true });
  cpSync(BOARDS, join(DIST, "dashboards"), { recursive: true });
  const { version } = JSON.parse(readFileSync(join(ROOM, "package.json"), "utf8")) as { version: string };
  const manifest = readFileSync(join(ROOM, "src/plugin.json"), "utf8").replaceAll("%VERSION%", version);
  writeFileSync(join(DIST, "plugin.json"), manifest.replaceAll("%PLUGIN_ID%", "rollcall-fleet-app"));
}

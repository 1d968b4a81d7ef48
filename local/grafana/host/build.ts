import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rspack } from "@rspack/core";
import { bundle, ensureBuilt } from "rollcall-fleet-app/build/build.ts";
import { REPOSITORY } from "../../stack/layout.ts";
import { HOST_DIST } from "../pages.ts";
import { sharedModulesSource } from "./shared-modules.ts";

/** Grafana's packages of another version may be tried, with the React of that version; docs/grafana.md says how. */
const OTHER_PACKAGES = process.env.GRAFANA_PACKAGES;
const PACKAGES = OTHER_PACKAGES ?? join(REPOSITORY, "node_modules");
/** A module that is only in the bundler's memory. */
const SHARED_IN_PART = join(import.meta.dirname, "shared-in-part.js");
const STAMP = join(HOST_DIST, ".sources");

/** Builds the plugin and the page that stands in for Grafana around it, each if its sources have changed. @throws Error */
export async function buildPages(): Promise<void> {
  await ensureBuilt();
  const shared = sharedModulesSource();
  const stamp = fingerprint(shared);
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp) return;
  await bundle({
    context: import.meta.dirname,
    mode: "production",
    target: ["web", "es2022"],
    devtool: false,
    // In this order: Grafana's libraries read what the first has put there while they are loaded.
    entry: { host: ["./booted.ts", "./host.tsx"] },
    output: {
      path: HOST_DIST,
      clean: true,
      filename: "[name].[contenthash:8].js",
      chunkFilename: "[name].[contenthash:8].js",
      publicPath: "/public/host/",
      uniqueName: "rollcall-host",
    },
    resolve: {
      extensions: [".tsx", ".ts", ".mjs", ".js"],
      modules: [...(OTHER_PACKAGES === undefined ? [] : [OTHER_PACKAGES]), "node_modules"],
      // Editors and maps of Grafana that no page of ours shows.
      alias: {
        "#shared-in-part": SHARED_IN_PART,
        // What Grafana sets its own frame by, which the package does not export.
        "#plugin-page": join(PACKAGES, "@grafana/runtime/dist/esm/components/PluginPage.mjs"),
        // What Grafana chooses its language by, which the package does not export either.
        "#grafana-i18n": join(PACKAGES, "@grafana/i18n/dist/esm/i18n.mjs"),
        "monaco-editor": false,
        "react-router-dom-v5-compat": join(import.meta.dirname, "router.tsx"),
      },
    },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          loader: "builtin:swc-loader",
          options: {
            jsc: { parser: { syntax: "typescript", tsx: true }, transform: { react: { runtime: "automatic" } } },
          },
          type: "javascript/auto",
        },
        { test: /\.m?js$/, resolve: { fullySpecified: false } },
        { test: /\.css$/, type: "css" },
        { test: /\.(svg|png|woff2?)$/, type: "asset" },
      ],
    },
    // The font files are part of Grafana's server, not of its packages; the system's fonts stand in for them.
    plugins: [
      new rspack.NormalModuleReplacementPlugin(/GlobalStyles[\\/]fonts/, join(import.meta.dirname, "fonts.mjs")),
      new rspack.experiments.VirtualModulesPlugin({ [SHARED_IN_PART]: shared }),
      new rspack.HtmlRspackPlugin({ template: "./index.html" }),
    ],
    // Several files are read by the browser side by side.
    optimization: { splitChunks: { chunks: "all", maxSize: 1_000_000 } },
    performance: false,
  });
  writeFileSync(STAMP, stamp);
}

/** @param shared source of what the plugin uses */
function fingerprint(shared: string): string {
  const hash = createHash("sha256").update(shared);
  const versions = readFileSync(join(REPOSITORY, "local/package.json"));
  for (const file of globSync("{*,board/*}.{ts,tsx,mjs,html}", { cwd: import.meta.dirname }).toSorted())
    hash.update(file).update(readFileSync(join(import.meta.dirname, file)));
  return hash.update(versions).update(PACKAGES).digest("hex");
}

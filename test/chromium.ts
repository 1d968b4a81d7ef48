import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { unpackDebianPackages } from "@rollcall/local/tools/debian-packages.ts";
import { type Browser, chromium } from "playwright-core";

const run = promisify(execFile);

/** How to start a Chromium on this machine. */
interface ChromiumProgram {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a headless Chromium: the one on the PATH, else Debian's, unpacked below `toolsDir` without installing it.
 * @throws Error that says what to install
 */
export async function launchChromium(toolsDir: string): Promise<Browser> {
  const program = findOnPath() ?? (await unpackChromium(toolsDir));
  return chromium.launch({
    executablePath: program.path,
    env: { ...process.env, ...program.env },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

function findOnPath(): ChromiumProgram | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const path = folders
    .flatMap((folder) => [join(folder, "chromium"), join(folder, "google-chrome")])
    .find((candidate) => existsSync(candidate));
  return path === undefined ? null : { path, env: {} };
}

async function unpackChromium(toolsDir: string): Promise<ChromiumProgram> {
  try {
    await mkdir(toolsDir, { recursive: true });
    const packages = await missingPackages();
    const { root } = await unpackDebianPackages(packages, join(toolsDir, "chromium"));
    const libraries = [
      join(root, "usr/lib/x86_64-linux-gnu"),
      join(root, "lib/x86_64-linux-gnu"),
      join(root, "usr/lib/x86_64-linux-gnu/pulseaudio"),
    ];
    return {
      path: join(root, "usr/lib/chromium/chromium"),
      env: { LD_LIBRARY_PATH: libraries.join(delimiter), FONTCONFIG_FILE: await writeFontConfiguration(root) },
    };
  } catch (error) {
    throw new Error("These tests need Chromium. Install it: apt-get install chromium", { cause: error });
  }
}

// Chromium and what it needs and this machine lacks, plus fonts so that pages show letters and emoji.
async function missingPackages(): Promise<string[]> {
  const simulate = () =>
    run("apt-get", [
      "-s",
      "-q",
      "--no-install-recommends",
      "install",
      "chromium",
      "fonts-dejavu-core",
      "fonts-noto-color-emoji",
    ]);
  const { stdout } = await simulate().catch(async () => {
    await run("apt-get", ["-q", "update"], { timeout: 300_000 });
    return simulate();
  });
  return [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] as string);
}

async function writeFontConfiguration(root: string): Promise<string> {
  const path = join(root, "fonts.conf");
  const shipped = await readFile(join(root, "etc/fonts/fonts.conf"), "utf8").catch(() => null);
  const folders = `<dir>${join(root, "usr/share/fonts")}</dir><cachedir>${join(root, "font-cache")}</cachedir>`;
  const text =
    shipped === null
      ? `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>/usr/share/fonts</dir>${folders}</fontconfig>`
      : shipped.replace("</fontconfig>", `${folders}</fontconfig>`);
  await writeFile(path, text);
  return path;
}

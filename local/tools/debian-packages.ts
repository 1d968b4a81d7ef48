import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where a set of unpacked Debian packages lies. */
export interface UnpackedPackages {
  readonly root: string;
  readonly bin: string;
  readonly libraryPath: string;
}

/** How far a download is. */
export interface DownloadProgress {
  readonly bytes: number;
  readonly totalBytes: number;
}
export type OnProgress = (progress: DownloadProgress) => void;

const underWay = new Map<string, Promise<void>>();

/**
 * Downloads Debian packages and unpacks them into a folder; installs nothing and starts nothing.
 * @param into folder that is made whole or not at all; if it is there already, nothing is downloaded
 * @throws Error with apt's own words if a package cannot be had
 */
export async function unpackDebianPackages(
  packages: readonly string[],
  into: string,
  onProgress?: OnProgress,
): Promise<UnpackedPackages> {
  if (!existsSync(into)) {
    const task =
      underWay.get(into) ?? downloadAndUnpack(packages, { into, onProgress: onProgress ?? (() => undefined) });
    underWay.set(into, task);
    await task.finally(() => underWay.delete(into));
  }
  return { root: into, bin: join(into, "usr/bin"), libraryPath: join(into, "usr/lib/x86_64-linux-gnu") };
}

interface Target {
  readonly into: string;
  readonly onProgress: OnProgress;
}

async function downloadAndUnpack(packages: readonly string[], { into, onProgress }: Target): Promise<void> {
  const work = `${into}.${process.pid}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, "debs"), { recursive: true });
  try {
    await downloadAll(packages, work, onProgress);
    for (const deb of await readdir(join(work, "debs"))) {
      await run("dpkg", ["-x", join(work, "debs", deb), join(work, "root")]);
    }
    await rename(join(work, "root"), into);
  } catch (error) {
    // Another start may have unpacked the same set in the meantime.
    if (!existsSync(into)) throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function downloadAll(packages: readonly string[], work: string, onProgress: OnProgress): Promise<void> {
  const debs = join(work, "debs");
  const download = async (options: string[]) => {
    const command = [...options, "-q", "download", ...packages];
    let totalBytes = 0;
    // Beside the download, which it would delay by a second; without an answer there is no percentage. In a folder of
    // its own: it removes files that are being downloaded.
    await mkdir(join(work, "sizes"), { recursive: true });
    const asked = run("apt-get", [...command, "--print-uris"], { cwd: join(work, "sizes"), timeout: 60_000 }).then(
      ({ stdout }) => {
        // 'http://…/x.deb' x.deb 19257088 SHA256:…
        totalBytes = [...stdout.matchAll(/^'\S+' \S+ (\d+)/gm)].reduce((sum, line) => sum + Number(line[1]), 0);
      },
      () => undefined,
    );
    const watch = setInterval(() => onProgress({ bytes: sizeOf(debs), totalBytes }), 200);
    try {
      await run("apt-get", command, { cwd: debs, timeout: 300_000 });
    } finally {
      clearInterval(watch);
      await asked;
    }
  };
  try {
    await download([]);
  } catch {
    // No package lists yet, or no right to write them: fetch lists of our own, which needs no root.
    const options = await privateAptOptions(join(work, "apt"));
    await run("apt-get", [...options, "-q", "update"], { timeout: 300_000 });
    await download(options);
  }
}

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

async function privateAptOptions(dir: string): Promise<string[]> {
  await mkdir(join(dir, "lists/partial"), { recursive: true });
  await mkdir(join(dir, "cache/archives/partial"), { recursive: true });
  return [
    ["Dir::State::lists", join(dir, "lists")],
    ["Dir::Cache", join(dir, "cache")],
    ["APT::Sandbox::User", ""],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

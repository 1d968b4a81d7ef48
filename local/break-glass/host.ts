import { existsSync, realpathSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { portsAt } from "../stack/addresses.ts";
import { pathsBelow, REPOSITORY } from "../stack/layout.ts";
import { type parseSecrets, readOrMakeSecrets } from "../stack/secrets.ts";
import { readSettings } from "../stack/settings.ts";

/** Where everything is that acting past the control service needs. */
export interface Host {
  /** `host:root on fleet-1` */
  readonly actor: string;
  readonly spoolDir: string;
  readonly fleetKey: string;
  readonly redisUrl: string;
  readonly supervisorSocket: string;
  readonly fleetFile: string;
}

/**
 * Finds it from the environment and `.env`, else from the local stack's data folder.
 * @throws Failure "forbidden" if the person is neither root nor the owner of that folder; "not_found" if there is none
 */
export function findHost(environment: NodeJS.ProcessEnv): Host {
  const settings = readSettings(join(REPOSITORY, ".env"), environment);
  const folder = settings.ROLLCALL_DATA_DIR || join(REPOSITORY, ".rollcall");
  if (!existsSync(folder)) {
    throw new Failure("not_found", `there is no data folder ${folder}`, {
      next: "Set ROLLCALL_DATA_DIR to the folder of the stack, or start it first. Nothing was done.",
    });
  }
  const { username, uid } = userInfo();
  refuseStranger(uid, folder);
  const layout = pathsBelow(realpathSync(folder));
  const { fleetKey, redisPassword } = secretsOf(layout.secretsFile);
  const { redis } = portsAt(settings.ROLLCALL_PORT_OFFSET);
  return {
    actor: `host:${username} on ${hostname()}`,
    spoolDir: settings.ROLLCALL_BREAK_GLASS_DIR || join(layout.root, "break-glass"),
    fleetKey: settings.ROLLCALL_FLEET_KEY || fleetKey,
    redisUrl: settings.REDIS_URL || `redis://default:${redisPassword}@127.0.0.1:${redis}`,
    supervisorSocket: settings.ROLLCALL_SUPERVISOR_SOCKET || layout.supervisorSocket,
    fleetFile: settings.ROLLCALL_FLEET_FILE || join(REPOSITORY, "fleet.yaml"),
  };
}

/** Root, or who owns the data: nobody is asked who cannot be asked, so the machine's own word counts. */
export function refuseStranger(uid: number, folder: string): void {
  const owner = statSync(folder).uid;
  if (uid === 0 || uid === owner) return;
  throw new Failure("forbidden", `break-glass is for root and for the owner of ${folder}`, {
    found: `user ${uid}`,
    allowed: ["0", String(owner)],
    next: "Nothing was done.",
  });
}

function secretsOf(file: string): ReturnType<typeof parseSecrets> {
  if (existsSync(file)) return readOrMakeSecrets(file);
  throw new Failure("not_found", `there is no ${file}`, { next: "Nothing was done." });
}

import { dirname, resolve } from "node:path";
import { isTimeZone } from "@rollcall/core/domain/due-time.ts";
import { readYamlFile } from "@rollcall/core/yaml-file.ts";
import { validate } from "node-cron";
import { z } from "zod";

// With as many of each the page grows by some thousand series, which a scrape does not notice.
const MOST_NAMES = 200;

const name = z.string().regex(/^[\w.@:-]{1,100}$/, "letters, digits and _ . @ : - only, at most 100");
const names = z
  .array(name)
  .max(MOST_NAMES)
  .refine((all) => new Set(all).size === all.length, "each name once");
const path = z.string().min(1).max(500);
const paths = z.array(path).max(MOST_NAMES).default([]);

const pace = (everySeconds: number, timeoutSeconds: number) => ({
  everySeconds: z.number().min(1).max(3600).default(everySeconds),
  timeoutSeconds: z.number().min(0.1).max(60).default(timeoutSeconds),
});

const byName = <Item extends z.ZodType<{ readonly name: string }>>(item: Item) =>
  z
    .array(item)
    .min(1)
    .max(MOST_NAMES)
    .refine((all) => new Set(all.map((one) => one.name)).size === all.length, "each name once");

const cronJob = z.strictObject({
  name,
  schedule: z.string().refine((text) => validate(text), 'a cron expression of five fields, as "30 2 * * *"'),
  graceSeconds: z.number().min(1).max(604_800).default(3600),
});

const probe = z.strictObject({
  name,
  url: z
    .url({ protocol: /^https?$/ })
    .refine((text) => new URL(text).username === "", "no password in it; use authorizationFile"),
  expectStatus: z.array(z.int().min(100).max(599)).min(1).max(20).default([200]),
  authorizationFile: path.optional(),
  caFile: path.optional(),
});

/** What `collectors.yaml` may hold: for each collector what is expected, how often it looks, and how long that may take. */
const collectorsFile = z.strictObject({
  host: z
    .strictObject({ filesystems: paths, disks: names.default([]), interfaces: names.default([]), ...pace(15, 3) })
    .optional(),
  pm2: z.strictObject({ command: path.default("pm2"), home: path, processes: names, ...pace(30, 15) }).optional(),
  systemd: z
    .strictObject({
      command: path.default("systemctl"),
      user: z.boolean().default(false),
      units: names,
      ...pace(15, 5),
    })
    .optional(),
  docker: z
    .strictObject({ socket: path.default("/var/run/docker.sock"), containers: names, ...pace(15, 5) })
    .optional(),
  cron: z
    .strictObject({
      folder: path,
      zone: z
        .string()
        .refine((text) => isTimeZone(text), 'a time zone, as "Europe/Berlin"')
        .default(() => new Intl.DateTimeFormat().resolvedOptions().timeZone),
      jobs: byName(cronJob),
      ...pace(30, 10),
    })
    .optional(),
  probes: z.strictObject({ targets: byName(probe), ...pace(15, 5) }).optional(),
  pubsub: z.strictObject({ channels: names.default([]), ...pace(15, 3) }).optional(),
});

/** Which collectors there are, and what each expects. */
export type CollectorsFile = z.infer<typeof collectorsFile>;
/** What one collector is told. */
export type SettingsOf<Name extends keyof CollectorsFile> = NonNullable<CollectorsFile[Name]>;
export type CronJob = z.infer<typeof cronJob>;
export type ProbeTarget = z.infer<typeof probe>;

/** Reads the file; paths in it count from its own folder. @throws Failure "invalid_input" that names every problem with its line */
export async function readCollectorsFile(file: string): Promise<CollectorsFile> {
  const { value } = await readYamlFile(file, collectorsFile);
  const at = (relative: string): string => resolve(dirname(file), relative);
  const { cron, probes, pm2 } = value;
  return {
    ...value,
    ...(cron && { cron: { ...cron, folder: at(cron.folder) } }),
    ...(pm2 && { pm2: { ...pm2, home: at(pm2.home) } }),
    ...(probes && { probes: { ...probes, targets: probes.targets.map((target) => withPaths(target, at)) } }),
  };
}

const withPaths = (target: ProbeTarget, at: (relative: string) => string): ProbeTarget => ({
  ...target,
  ...(target.authorizationFile !== undefined && { authorizationFile: at(target.authorizationFile) }),
  ...(target.caFile !== undefined && { caFile: at(target.caFile) }),
});

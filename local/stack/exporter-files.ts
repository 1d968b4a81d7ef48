import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { addressesOf, type StackContext } from "./context.ts";
import { REPOSITORY } from "./layout.ts";

/** What the exporter of a local stack is told to measure beside fleet and bus; `.env` may name other files. */
export function exporterFiles({ layout, settings }: Pick<StackContext, "layout" | "settings">): Record<string, string> {
  const packs = settings.ROLLCALL_PACK_FILES || "exporter/packs/sample.yaml";
  return {
    ROLLCALL_COLLECTORS_FILE: settings.ROLLCALL_COLLECTORS_FILE
      ? inRepository(settings.ROLLCALL_COLLECTORS_FILE)
      : collectorsFileOf(layout),
    ROLLCALL_PACK_FILES: packs.split(",").map(inRepository).join(","),
    ROLLCALL_PACK_STATE_FILE: join(layout.root, "exporter/packs.json"),
  };
}

/** Writes which doors of the stack are to be looked at, beside its machine and the channels of its Redis. */
export function writeCollectorsFile(context: StackContext): void {
  const { control, exporter, prometheus, alertmanager } = addressesOf(context);
  const doors = {
    control: `${control}/live`,
    exporter: `${exporter}/live`,
    prometheus: `${prometheus}/-/ready`,
    alertmanager: `${alertmanager}/-/ready`,
  };
  writeFileSync(collectorsFileOf(context.layout), collectorsText(doors));
}

/** The file of collectors of a stack: its machine, the doors by name, and the channels of its Redis. */
export const collectorsText = (doors: Readonly<Record<string, string>>): string =>
  stringify({
    host: { filesystems: ["/"] },
    probes: { targets: Object.entries(doors).map(([name, url]) => ({ name, url })) },
    pubsub: { channels: [] },
  });

const collectorsFileOf = ({ config }: StackContext["layout"]): string => join(config, "collectors.yaml");
const inRepository = (file: string): string => resolve(REPOSITORY, file.trim());

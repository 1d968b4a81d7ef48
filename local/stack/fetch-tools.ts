import { findTool, type Tool, type ToolName } from "../tools/find-tool.ts";

type Needed = "redis" | "prometheus" | "alertmanager";

/** Programs on their way. */
export interface Fetching {
  readonly tool: (name: Needed) => Promise<Tool>;
  /** `unpacking Debian packages, 61 % of 33 MB` */
  readonly describe: () => string;
}

/** Begins to look for everything, while PostgreSQL makes its files; each step then waits for its own. */
export function fetchTools(folder: string): Fetching {
  const progress = new Map<ToolName, { bytes: number; totalBytes: number }>();
  const fetch = (name: Needed) => {
    const tool = findTool(name, folder, (news) => progress.set(name, news));
    // The step that needs it reports the failure; until then it is nobody's.
    tool.catch(() => undefined);
    return tool;
  };
  const tools = { redis: fetch("redis"), prometheus: fetch("prometheus"), alertmanager: fetch("alertmanager") };
  return {
    tool: (name) => tools[name],
    describe() {
      // Of a download whose size is not known yet, nothing can be said.
      const known = [...progress.values()].filter(({ totalBytes }) => totalBytes > 0);
      const sum = (of: "bytes" | "totalBytes") => known.reduce((total, news) => total + news[of], 0);
      const total = sum("totalBytes");
      if (total === 0) return "looking for the programs";
      return `unpacking Debian packages, ${Math.floor((100 * sum("bytes")) / total)} % of ${Math.round(total / 1e6)} MB`;
    },
  };
}

import { importedFrom } from "rollcall-fleet-app/build/imports.ts";

/** Large ones, of which the plugin uses a tenth. */
const SHARED_IN_PART = ["@grafana/data", "@grafana/runtime", "@grafana/ui"];

/**
 * Source of a module that exports what Grafana shares with plugins, by names. Of its large libraries only what this plugin
 * uses is taken: the bundler leaves the rest out, and a page need not load editors and maps that nobody sees.
 */
export function sharedModulesSource(): string {
  const lines = SHARED_IN_PART.map((module, index) => {
    const names = importedFrom(module);
    const named = names.map((name) => `${name} as m${index}${name}`).join(", ");
    // Read each time: Grafana puts its own page frame in the place of a library's later on.
    const members = names.map((name) => `get ${name}() { return m${index}${name}; }`).join(", ");
    return { taken: `import { ${named} } from "${module}";`, shared: `"${module}": { ${members} },` };
  });
  return [
    ...lines.map(({ taken }) => taken),
    "export const sharedInPart = {",
    ...lines.map(({ shared }) => shared),
    "};",
  ].join("\n");
}

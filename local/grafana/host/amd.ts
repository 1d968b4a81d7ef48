/** Modules that Grafana shares with plugins, by the names that their bundles ask for. */
export type Shared = Readonly<Record<string, unknown>>;

type Factory = (...modules: unknown[]) => unknown;

declare global {
  interface Window {
    define: ((...parts: unknown[]) => void) & { amd?: object };
  }
}

/**
 * Loads one AMD bundle as Grafana's loader does: anonymous, with its dependencies taken from what is shared.
 * @throws Error if it asks for what Grafana does not share
 */
export function loadAmd(address: string, shared: Shared): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const uri = new URL(address, location.origin).href;
    const exported = {};
    window.define = (...parts: unknown[]): void => {
      const [names, factory] = parts.slice(-2) as [readonly string[], Factory];
      const modules = names.map((name) => {
        if (name === "exports") return exported;
        if (name === "module") return { uri, id: uri };
        if (name in shared) return shared[name];
        throw new Error(`the bundle asks for ${name}, which Grafana does not share`);
      });
      resolve(factory(...modules) ?? exported);
    };
    window.define.amd = {};
    const script = document.createElement("script");
    script.src = address;
    script.onerror = () => reject(new Error(`${address} cannot be loaded`));
    document.head.append(script);
  });
}

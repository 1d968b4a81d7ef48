// What browsers have and jsdom does not, and Grafana's libraries touch while they are loaded.
Object.defineProperty(window, "matchMedia", {
  value: () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }),
});
Object.assign(globalThis, { jest: undefined });

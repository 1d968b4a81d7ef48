// What browsers have and jsdom does not, and Grafana's libraries touch while they are loaded or drawn.
Object.defineProperty(window, "matchMedia", {
  configurable: true,
  value: () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }),
});
class NothingSeen {
  readonly observe = (): void => undefined;
  readonly unobserve = (): void => undefined;
  readonly disconnect = (): void => undefined;
}
Object.assign(globalThis, { jest: undefined, ResizeObserver: NothingSeen, IntersectionObserver: NothingSeen });
HTMLCanvasElement.prototype.getContext = (() => ({ measureText: () => ({ width: 0 }) })) as never;

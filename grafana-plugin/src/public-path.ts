import amd from "#amd-module";

declare let __webpack_public_path__: string;

// Grafana may serve plugins from another host, or below a path: chunks are where this file came from.
if (typeof amd?.uri === "string") __webpack_public_path__ = amd.uri.slice(0, amd.uri.lastIndexOf("/") + 1);

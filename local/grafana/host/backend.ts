import type { BackendSrv, BackendSrvRequest, FetchResponse } from "@grafana/runtime";
import { Observable } from "rxjs";

const addressOf = (url: string): string => (/^[a-z]+:/.test(url) ? url : `/${url.replace(/^\//, "")}`);

function initOf({ method = "GET", headers = {}, data }: BackendSrvRequest, signal: AbortSignal): RequestInit {
  const isJson = data !== undefined && data !== null;
  return {
    method,
    signal,
    headers: {
      accept: "application/json, text/plain, */*",
      ...(isJson ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(isJson ? { body: JSON.stringify(data) } : {}),
  };
}

const partsOf = (response: Response, config: BackendSrvRequest) => {
  const { status, statusText, ok, headers, redirected, type, url } = response;
  return { status, statusText, ok, headers, redirected, type, url, config };
};

async function read(response: Response, responseType: BackendSrvRequest["responseType"]): Promise<unknown> {
  const text = await response.text();
  if (responseType === "text") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Grafana's way to its server, as far as plugins use it: answers as observables, refusals as errors with `status` and `data`. */
export const backend: BackendSrv = {
  fetch<T>(config: BackendSrvRequest) {
    return new Observable<FetchResponse<T>>((observer) => {
      const ending = new AbortController();
      void (async () => {
        try {
          const response = await fetch(addressOf(config.url), initOf(config, ending.signal));
          const data = (await read(response, config.responseType)) as T;
          const answer = { ...partsOf(response, config), data };
          if (!response.ok) return observer.error({ ...answer, isHandled: false });
          observer.next(answer);
          return observer.complete();
        } catch (error) {
          return observer.error({ status: 0, statusText: String(error), data: null, config });
        }
      })();
      return () => ending.abort();
    });
  },
  chunked(config: BackendSrvRequest) {
    return new Observable<FetchResponse<Uint8Array | undefined>>((observer) => {
      const ending = new AbortController();
      void (async () => {
        try {
          const response = await fetch(addressOf(config.url), initOf(config, ending.signal));
          const parts = partsOf(response, config);
          const reader = response.body?.getReader();
          for (;;) {
            const part = await reader?.read();
            if (part === undefined || part.done) break;
            observer.next({ ...parts, data: part.value });
          }
          return observer.complete();
        } catch (error) {
          return observer.error(error);
        }
      })();
      return () => ending.abort();
    });
  },
} as Partial<BackendSrv> as BackendSrv;

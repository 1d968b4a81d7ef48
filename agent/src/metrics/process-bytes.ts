import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { AgentFigures } from "@rollcall/core/protocol/figures.ts";

/**
 * Bytes that this process moved to and from disks, by the kernel's count.
 * @param text of `/proc/self/io`
 * @returns undefined where the system does not tell (no Linux, or no right to read it)
 */
export function readDiskBytes(text: string | null = ownIo()): AgentFigures["disk"] {
  const read = /^read_bytes: (\d+)$/m.exec(text ?? "")?.[1];
  const written = /^write_bytes: (\d+)$/m.exec(text ?? "")?.[1];
  return read === undefined || written === undefined
    ? undefined
    : { readBytes: Number(read), writtenBytes: Number(written) };
}

function ownIo(): string | null {
  try {
    return readFileSync("/proc/self/io", "utf8");
  } catch {
    return null;
  }
}

/** Bytes over every connection that this process opens or accepts from now on, until `signal` says that nobody asks any more. */
export function watchNetworkBytes(signal: AbortSignal): () => NonNullable<AgentFigures["network"]> {
  const open = new Set<Socket>();
  let received = 0;
  let sent = 0;
  const watch = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      received += socket.bytesRead;
      sent += socket.bytesWritten;
    });
  };
  // The kernel counts by network and not by process; Node tells of each socket when it is made.
  for (const channel of ["net.client.socket", "net.server.socket"]) {
    subscribe(channel, watch);
    signal.addEventListener("abort", () => unsubscribe(channel, watch), { once: true });
  }
  return () => {
    let receivedBytes = received;
    let sentBytes = sent;
    for (const { bytesRead, bytesWritten } of open) {
      receivedBytes += bytesRead;
      sentBytes += bytesWritten;
    }
    return { receivedBytes, sentBytes };
  };
}

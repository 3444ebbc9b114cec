/** Files on their way: a few at a time, each to be stopped or tried again. */
import { computed, onScopeDispose, reactive } from "vue";
import { api, ask } from "@/api/client";
import { problemOf, type Problem } from "@/api/problem";
import { Stopped, pace, sendFile } from "./sending";
import { overHttp, remember } from "./ways";

export interface Upload {
  key: number;
  file: File;
  state: "waiting" | "sending" | "stalled" | "sent" | "failed";
  bytes: number;
  secondsLeft: number | null;
  /** The server's id of the file, once it was announced. */
  begun: string | null;
  /** The same, once all of it is there. */
  id: string | null;
  problem: Problem | null;
  empty: boolean;
}

const AT_ONCE = 2;

export function useUploads() {
  const all = reactive<Upload[]>([]);
  const stops = new Map<number, AbortController>();
  let keys = 0;

  function add(files: Iterable<File>): void {
    for (const file of files) {
      const empty = file.size === 0;
      all.push({ key: ++keys, file, state: empty ? "failed" : "waiting", bytes: 0, secondsLeft: null, begun: null, id: null, problem: null, empty });
    }
    next();
  }

  function next(): void {
    const going = all.filter((one) => one.state === "sending" || one.state === "stalled").length;
    for (const one of all.filter((other) => other.state === "waiting").slice(0, Math.max(0, AT_ONCE - going))) void send(one);
  }

  async function send(one: Upload): Promise<void> {
    const stop = new AbortController();
    const seen = pace();
    stops.set(one.key, stop);
    one.state = "sending";
    one.problem = null;
    try {
      const file = one.file;
      const told = {
        bytes: (came: number) => {
          seen.saw(performance.now(), came);
          one.bytes = came;
          one.secondsLeft = seen.left(file.size - came);
        },
        begun: (id: string) => {
          one.begun = id;
        },
        stalled: (down: boolean) => {
          if (one.state !== "sent") one.state = down ? "stalled" : "sending";
        },
      };
      one.id = await sendFile(file, overHttp, told, stop.signal);
      one.state = "sent";
    } catch (fault) {
      if (fault instanceof Stopped) return;
      one.problem = problemOf(fault);
      one.state = "failed";
    } finally {
      stops.delete(one.key);
      next();
    }
  }

  /** Off the list; what the server has of it is let go. */
  function remove(one: Upload): void {
    stops.get(one.key)?.abort();
    const at = all.findIndex((other) => other.key === one.key);
    if (at >= 0) all.splice(at, 1);
    remember(one.file, null);
    if (one.begun) void ask(api.DELETE("/api/v1/imports/{import_id}", { params: { path: { import_id: one.begun } } })).catch(() => undefined);
    next();
  }

  function again(one: Upload): void {
    one.state = "waiting";
    next();
  }

  /** The server has taken them in: they are no longer here. */
  function clear(): void {
    for (const one of all) remember(one.file, null);
    all.splice(0);
  }

  onScopeDispose(() => stops.forEach((stop) => stop.abort()));
  const ready = computed(() => all.length > 0 && all.every((one) => one.state === "sent"));
  const ids = computed(() => all.flatMap((one) => (one.id ? [one.id] : [])));
  return { all, add, remove, again, clear, ready, ids };
}
export type Uploads = ReturnType<typeof useUploads>;

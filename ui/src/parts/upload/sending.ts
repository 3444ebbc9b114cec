/**
 * One file, sent in parts: what the server has already is not sent twice, and a line that drops is
 * waited for. No browser in here, so that a test can drop the line.
 */
import { Problem, problemOf } from "@/api/problem";

/** What the server knows of a file that comes in. */
export interface Announced {
  id: string;
  part_bytes: number;
  missing: number[];
  size: number;
}

/** How a part gets there; `ways.ts` does it over HTTP. */
export interface Ways {
  begin(file: Blob & { name: string }): Promise<Announced>;
  look(id: string): Promise<Announced>;
  put(id: string, number: number, part: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  /** Resolves when it may be worth trying again. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface Told {
  /** The server has so many bytes. */
  bytes: (came: number) => void;
  /** The line is down, or up again. */
  stalled: (down: boolean) => void;
  /** The server knows of it, by this id. */
  begun?: (id: string) => void;
}

export class Stopped extends Error {}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

/** Send all that is missing; gives the import's id. Throws `Problem`, or `Stopped` after an abort. */
export async function sendFile(file: Blob & { name: string }, ways: Ways, told: Told, signal: AbortSignal): Promise<string> {
  const announced = await patiently(() => ways.begin(file), ways, told, signal);
  const { id, part_bytes: length } = announced;
  told.begun?.(id);
  let missing = announced.missing;
  while (missing.length) {
    let came = file.size - missing.reduce((sum, number) => sum + partAt(file, number, length).size, 0);
    told.bytes(came);
    for (const number of missing) {
      const part = partAt(file, number, length);
      const before = came;
      await patiently(() => ways.put(id, number, part, (bytes) => told.bytes(before + Math.min(bytes, part.size)), signal), ways, told, signal);
      came += part.size;
      told.bytes(came);
    }
    // What it says it has is what counts, not what we believe to have sent.
    missing = (await patiently(() => ways.look(id), ways, told, signal)).missing;
  }
  told.bytes(file.size);
  return id;
}

export function partAt(file: Blob, number: number, length: number): Blob {
  return file.slice(number * length, Math.min(file.size, (number + 1) * length));
}

async function patiently<Given>(what: () => Promise<Given>, ways: Ways, told: Told, signal: AbortSignal): Promise<Given> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 2)) {
    if (signal.aborted) throw new Stopped();
    try {
      const given = await what();
      told.stalled(false);
      return given;
    } catch (fault) {
      if (signal.aborted) throw new Stopped();
      const problem = fault instanceof Problem ? fault : problemOf(fault);
      if (!problem.passing) throw problem;
      told.stalled(true);
      await ways.wait(wait, signal);
    }
  }
}

/** Bytes a second of late, and what that means for the rest: what came at the start weighs less. */
export function pace(memory = 8_000) {
  let last: { at: number; bytes: number } | null = null;
  let rate: number | null = null;
  return {
    saw(at: number, bytes: number): void {
      if (last && at > last.at && bytes >= last.bytes) {
        const now = (1000 * (bytes - last.bytes)) / (at - last.at);
        const weight = 1 - Math.exp(-(at - last.at) / memory);
        rate = rate === null ? now : rate + weight * (now - rate);
      }
      if (!last || at - last.at >= 200) last = { at, bytes };
    },
    left(bytes: number): number | null {
      return rate && rate > 0 ? bytes / rate : null;
    },
  };
}

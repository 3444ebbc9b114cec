/** Asking within a component: what came, what went wrong, whether it is under way. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { type Problem, problemOf } from "@/api/problem";
import { session } from "@/session/session";

export interface Asked<Data> {
  data: ShallowRef<Data | null>;
  problem: ShallowRef<Problem | null>;
  busy: Ref<boolean>;
  /** Ask (again). What was shown stays until the answer comes. */
  load: () => Promise<void>;
}

export function useAsk<Data>(question: () => Promise<Data>, now = true): Asked<Data> {
  const data = shallowRef<Data | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const busy = ref(false);
  let turn = 0;

  async function load(): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    try {
      const answer = await question();
      if (mine !== turn) return; // A later question overtook this one.
      data.value = answer;
      problem.value = null;
    } catch (fault) {
      if (mine === turn) problem.value = problemOf(fault);
    } finally {
      if (mine === turn) busy.value = false;
    }
  }
  if (now) void load();
  // What was refused because the session had ended is asked again once there is one.
  watch(() => session.ended, (ended) => void (!ended && problem.value?.status === 401 && load()));
  return { data, problem, busy, load };
}

/** A list that comes page by page: its first page as `useAsk` has it, further ones by `more`. */
export function usePages<Page extends { items: unknown[]; next?: string | null }>(page: (cursor: string | null) => Promise<Page>) {
  const rows = shallowRef<Page["items"]>([]);
  const next = ref<string | null>(null);
  async function fetch(from: string | null): Promise<Page> {
    const found = await page(from);
    rows.value = from ? [...rows.value, ...found.items] : found.items;
    next.value = found.next ?? null;
    return found;
  }
  return { rows, next, first: useAsk(() => fetch(null)), more: useDo(() => fetch(next.value)) };
}

export interface Doing<Arguments extends unknown[]> {
  problem: ShallowRef<Problem | null>;
  busy: Ref<boolean>;
  /** Do it once at a time; true where it was done. */
  run: (...given: Arguments) => Promise<boolean>;
}

export function useDo<Arguments extends unknown[]>(deed: (...given: Arguments) => Promise<unknown>): Doing<Arguments> {
  const problem = shallowRef<Problem | null>(null);
  const busy = ref(false);

  async function run(...given: Arguments): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = null;
    try {
      await deed(...given);
      return true;
    } catch (fault) {
      problem.value = problemOf(fault);
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { problem, busy, run };
}

/** Server-sent events for as long as the component lives; `then` is told no more than once a second. */
export function useEvents(path: () => string, then: () => void): void {
  const source = new EventSource(path(), { withCredentials: true });
  let waiting = 0;
  const tell = () => {
    if (waiting) return;
    waiting = window.setTimeout(() => {
      waiting = 0;
      then();
    }, 1000);
  };
  source.onmessage = tell;
  source.addEventListener("change", tell);
  onScopeDispose(() => {
    source.close();
    clearTimeout(waiting);
  });
}

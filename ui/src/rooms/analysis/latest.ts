/** Ask while a slider moves: one question at a time, and of those that came meanwhile only the last. */
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { problemOf, type Problem } from "@/api/problem";

export interface Latest<Wish, Answer> {
  /** The last answer, and what it answers. */
  answer: ShallowRef<{ wish: Wish; told: Answer } | null>;
  problem: ShallowRef<Problem | null>;
  busy: Ref<boolean>;
  ask: (wish: Wish) => void;
}

/** `rest`: how long a wish has to stand before it is asked, in milliseconds. */
export function useLatest<Wish, Answer>(question: (wish: Wish) => Promise<Answer>, rest = 250): Latest<Wish, Answer> {
  const answer = shallowRef<{ wish: Wish; told: Answer } | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const busy = ref(false);
  let waiting: { wish: Wish } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let working = false;

  async function work(): Promise<void> {
    if (working || !waiting) return;
    working = true;
    const { wish } = waiting;
    waiting = null;
    try {
      const told = await question(wish);
      answer.value = { wish, told };
      problem.value = null;
    } catch (fault) {
      problem.value = problemOf(fault);
    } finally {
      working = false;
      busy.value = waiting !== null;
      if (waiting) void work();
    }
  }
  return {
    answer, problem, busy,
    ask(wish: Wish) {
      waiting = { wish };
      busy.value = true;
      clearTimeout(timer);
      timer = setTimeout(() => void work(), rest);
    },
  };
}

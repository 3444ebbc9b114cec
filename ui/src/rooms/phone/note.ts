/** A note being written: the form, its answers, and the store that keeps each of them at once. */
import { computed, reactive, ref, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import { language } from "@/language/i18n";
import { formOf, formWords, givenFor, snapshot } from "./answer";
import { now } from "./core/clock";
import type { PhoneStore } from "./core/database";
import * as queue from "./core/queue";
import type { Door, Entry, KeptForm, Photo } from "./core/records";
import { drawn } from "./core/photo";
import { askToKeep, isFull, write } from "./core/room";
import { currentForm } from "./core/sync";
import { Filling, type Question } from "@/parts/forms/filling";
import { languageOf, type Form } from "@/parts/forms/xform";
import { NotKnown } from "@/parts/forms/xpath";
import { doors, entries, phone, store } from "./phone";

export type Stage = "opening" | "writing" | "large" | "no_form" | "no_door";

export interface Note {
  stage: ShallowRef<Stage>;
  entry: ShallowRef<Entry | null>;
  form: ShallowRef<KeptForm | null>;
  photos: ShallowRef<Record<string, Photo>>;
  questions: ComputedRef<Question[]>;
  savedAt: ShallowRef<Date | null>;
  unsafe: ComputedRef<boolean>;
  /** An answer is on the screen that is not in the store yet. */
  saving: ComputedRef<boolean>;
  /** The form has changed since the draft was begun. */
  older: ShallowRef<boolean>;
  open: () => Promise<void>;
  answer: (path: string, value: string) => void;
  photo: (path: string, file: Blob) => Promise<void>;
  dropPhoto: (path: string) => Promise<void>;
  /** Null when it is done, else the question that keeps it from being. */
  finish: () => Promise<Question | null>;
  discard: () => Promise<void>;
  settled: () => Promise<void>;
}

export function useNote(task: string): Note {
  const stage = shallowRef<Stage>("opening");
  const entry = shallowRef<Entry | null>(null);
  const form = shallowRef<KeptForm | null>(null);
  const filling = shallowRef<Filling | null>(null);
  const photos = shallowRef<Record<string, Photo>>({});
  const savedAt = shallowRef<Date | null>(null);
  const older = shallowRef(false);
  const turn = ref(0);
  const state = reactive({ unsafe: false, pending: 0 });
  let words: Form | null = null;

  let opening: Promise<void> | null = null;
  /** Once at a time: a note that is begun twice would be two. */
  function open(): Promise<void> {
    opening ??= begin().finally(() => (opening = null));
    return opening;
  }

  async function begin(): Promise<void> {
    const mine = store.value!;
    const draft = entries.value.find((one) => one.door.task_id === task && one.state === "draft");
    const listed = doors.value.find((one) => one.task_id === task);
    const door: Door | null = draft?.door ?? (listed ? snapshot(listed) : null);
    if (!door) return void (stage.value = "no_door");
    const current = await currentForm(mine, door.programme);
    const kept = (draft && (await mine.forms.get(draft.form.hash))) ?? current;
    if (!kept) return void (stage.value = "no_form");
    form.value = kept;
    older.value = current !== null && current.hash !== kept.hash;
    const read = formOf(kept);
    if (read instanceof NotKnown) return void (stage.value = "large");
    words = read;
    const begun = { door, form: formWords(kept, read), at: now() };
    entry.value = draft ?? (await guarded(() => queue.begin(mine, begun)));
    if (!entry.value) return void (stage.value = "no_form");
    await readPhotos(mine);
    filling.value = new Filling(givenFor(read, door, entry.value));
    if (draft) savedAt.value = new Date(draft.changed_at);
    stage.value = "writing";
  }

  async function readPhotos(mine: PhoneStore): Promise<void> {
    const all = await mine.photos.where("entry").equals(entry.value!.id).toArray();
    photos.value = Object.fromEntries(all.map((one) => [one.path, one]));
  }

  const questions = computed(() => {
    void turn.value;
    return words && filling.value ? filling.value.questions(languageOf(words, language())) : [];
  });

  let saving: Promise<unknown> = Promise.resolve();
  function answer(path: string, value: string): void {
    filling.value!.answer(path, value);
    turn.value++;
    const answers = filling.value!.answers;
    state.pending++;
    saving = saving
      .then(() => guarded(() => queue.keep(store.value!, entry.value!.id, answers, now())))
      .finally(() => state.pending--);
    void askToKeep();
  }

  /** Write, and say where it can't be written; the answer stays on the screen. */
  async function guarded<Done>(deed: () => Promise<Done>): Promise<Done | null> {
    try {
      const done = await write(store.value!, deed);
      savedAt.value = now();
      state.unsafe = phone.full = false;
      return done;
    } catch (fault) {
      if (!isFull(fault)) throw fault;
      state.unsafe = phone.full = true;
      return null;
    }
  }

  async function photo(path: string, file: Blob): Promise<void> {
    const { bytes, type } = await drawn(file);
    const name = `${path.split("/").at(-1)}-${entry.value!.order}-${Date.now()}.jpg`;
    const kept = await guarded(() => queue.keepPhoto(store.value!, { entry: entry.value!.id, path, name, type, bytes }));
    if (!kept) return;
    photos.value = { ...photos.value, [path]: kept };
    answer(path, name);
  }

  async function dropPhoto(path: string): Promise<void> {
    await queue.dropPhoto(store.value!, entry.value!.id, path);
    photos.value = Object.fromEntries(Object.entries(photos.value).filter(([at]) => at !== path));
    answer(path, "");
  }

  async function finish(): Promise<Question | null> {
    const wrong = filling.value!.wrong();
    if (wrong) return questions.value.find((one) => one.path === wrong.path) ?? wrong;
    await saving;
    const mine = store.value!;
    // Photos of questions that are not asked any more stay behind.
    const asked = new Set(questions.value.map((one) => one.value));
    for (const one of Object.values(photos.value)) if (!asked.has(one.name)) await queue.dropPhoto(mine, entry.value!.id, one.path);
    const xml = filling.value!.xml();
    const done = await guarded(() => queue.finish(mine, entry.value!.id, xml, now()));
    if (done === null) return questions.value[0] ?? null;
    return null;
  }

  return {
    stage, entry, form, photos, questions, savedAt, unsafe: computed(() => state.unsafe), saving: computed(() => state.pending > 0), older, open, answer, photo, dropPhoto, finish,
    discard: async () => void (entry.value && (await queue.discard(store.value!, entry.value.id))),
    settled: async () => void (await saving),
  };
}

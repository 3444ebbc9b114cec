/** Between the light form and what the phone keeps: which form a door has, and what a note answers. */
import { language } from "@/language/i18n";
import { now } from "./core/clock";
import type { PhoneStore } from "./core/database";
import type { DoorShown } from "./core/doors";
import * as queue from "./core/queue";
import type { Door, Entry, KeptForm } from "./core/records";
import { write } from "./core/room";
import { currentForm } from "./core/sync";
import { Filling, noAnswer, type Given } from "@/parts/forms/filling";
import { languageOf, listOf, readForm, type Form } from "@/parts/forms/xform";
import { NotKnown } from "@/parts/forms/xpath";
import { address } from "./say";

const read = new Map<string, Form | NotKnown>();

/** A kept form; `NotKnown` where the light form can't draw it. Read once a visit. */
export function formOf(kept: KeptForm): Form | NotKnown {
  let found = read.get(kept.hash);
  if (!found) {
    try {
      found = readForm(kept.xml);
    } catch (fault) {
      if (!(fault instanceof NotKnown)) throw fault;
      found = fault;
    }
    read.set(kept.hash, found);
  }
  return found;
}

/** What stands in a phone's list `tasks` of one door. */
export function taskRow(door: Door, branch: Entry["branch"]): Record<string, string> {
  return {
    name: door.task_id, label: address(door.place, door.building), __version: String(branch.base), __trunkVersion: String(branch.trunk),
    __branchId: branch.id, programme: door.programme, state: "accepted", mine: "yes", household: door.place.id,
    unit: door.place.unit ?? "", floor: String(door.place.floor ?? ""), door: door.place.door ?? "",
  };
}

export function givenFor(form: Form, door: Door, note: Pick<Entry, "id" | "branch" | "started_at"> & { answers?: Record<string, string> }): Given {
  const home = { name: door.place.id, label: address(door.place, door.building), __version: String(door.place.version) };
  return {
    form,
    instanceId: note.id,
    started: new Date(note.started_at),
    now,
    language: languageOf(form, language()),
    lists: { tasks: listOf([taskRow(door, note.branch)]), households: listOf([home]) },
    preset: { tasks: door.task_id, households: door.place.id },
    answers: note.answers,
  };
}

export function snapshot(door: DoorShown): Door {
  const { task_id, version, programme, campaign_id, campaign_code, title, place, building } = door;
  return { task_id, version, programme, campaign_id, campaign_code, title, place, building };
}

export function formWords(kept: KeptForm, form: Form | NotKnown): Entry["form"] {
  const [id, version] = form instanceof NotKnown ? ["", ""] : [form.id, form.version];
  return { hash: kept.hash, id, version };
}

/** Whether a door may be noted as "no answer" by one tap. */
export async function offersNoAnswer(store: PhoneStore, door: Door): Promise<boolean> {
  const kept = await currentForm(store, door.programme);
  const form = kept && formOf(kept);
  if (!form || form instanceof NotKnown) return false;
  return noAnswer(givenFor(form, door, trial)) !== null;
}

const trial = { id: "uuid:trial", branch: { id: "", base: 1, trunk: 1 }, started_at: new Date(0).toISOString() };

/** Note "no answer" at once. Null where the form does not allow it. */
export async function tapNoAnswer(store: PhoneStore, door: Door): Promise<Entry | null> {
  const kept = await currentForm(store, door.programme);
  const form = kept && formOf(kept);
  if (!kept || !form || form instanceof NotKnown) return null;
  const answers = noAnswer(givenFor(form, door, trial));
  if (!answers) return null;
  const begun = { door, form: formWords(kept, form), at: now(), answers };
  const xml = (entry: Entry) => new Filling(givenFor(form, door, { ...entry, answers })).xml();
  return write(store, () => queue.tap(store, begun, xml, Date.now()));
}

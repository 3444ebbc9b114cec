/** When somebody signs out: what is unsent is told first; what is about homes goes. */
import Dexie from "dexie";
import { session } from "@/session/session";
import { PhoneStore } from "./core/database";
import { isEmpty } from "./core/doors";
import { unsent } from "./core/queue";
import { leave } from "./core/room";
import { forgetPhone } from "./phone";

async function opened<Done>(run: (store: PhoneStore) => Promise<Done>, none: Done): Promise<Done> {
  const person = session.me?.person_id;
  if (!person || !(await Dexie.exists(`lamplit-phone-${person}`).catch(() => false))) return none;
  return run(new PhoneStore(person));
}

/** The page that has to be seen before signing out, where something is unsent. */
export function first(): Promise<string | null> {
  return opened(async (store) => {
    const drafts = await store.entries.where("state").equals("draft").filter((one) => !isEmpty(one)).count();
    const waiting = (await unsent(store)) + drafts;
    store.close();
    return waiting ? "/phone/leave" : null;
  }, null);
}

export async function clear(): Promise<void> {
  forgetPhone();
  await opened(async (store) => {
    await leave(store);
    store.close();
  }, undefined);
}

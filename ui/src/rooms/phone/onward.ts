/** Where to go after a door: the home's other tasks, then the next door, then the list. */
import { nextDoor, type DoorShown } from "./core/doors";
import { doors } from "./phone";

export function nextAfter(door: Pick<DoorShown, "task_id" | "place">): string {
  const next = nextDoor(doors.value, { task_id: door.task_id, place_id: door.place.id });
  return next ? `/phone/door/${next.task_id}` : "/phone";
}

/** Days of the office's zone, for axes whose library knows the browser's zone only. */
const HOUR = 3_600_000;

/** The instants of midnight in a zone between two instants; at most `most` of them, evenly thinned. */
export function midnights(from: string | number, until: string | number, zone: string | undefined, most = 8): number[] {
  const [first, last] = [new Date(from).getTime(), new Date(until).getTime()];
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  const found: number[] = [];
  // Half hours, for zones whose offset is one; a day later only 20 hours on, for days that are cut short.
  for (let at = Math.ceil(first / (HOUR / 2)) * (HOUR / 2); at <= last; at += found.at(-1) === at ? 20 * HOUR : HOUR / 2) {
    if (hour.format(at) === "00:00") found.push(at);
  }
  const step = Math.max(1, Math.ceil(found.length / most));
  return found.filter((_, index) => index % step === 0);
}

/** Today and so many days before it in a zone, as `YYYY-MM-DD`: `[first, last]`. */
export function daysBack(count: number, zone?: string, now: Date = new Date()): [string, string] {
  const iso = new Intl.DateTimeFormat("sv", { timeZone: zone });
  return [iso.format(now.getTime() - (count - 1) * 24 * HOUR), iso.format(now)];
}

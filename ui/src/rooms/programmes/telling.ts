/** A programme as its page tells it: by line of service, and which finding raises which task. */
import type { Schemas } from "@/api/client";
import { choices } from "@/language/domain";
import type { Language } from "@/language/i18n";
import { grouped } from "@/parts/grouped";

export type Programme = Schemas["Programme"];
export type Finding = Programme["findings"][number];
export type FollowUp = Programme["follow_ups"][number];

/** Programmes by line of service, the lines in the domain's order. */
export function byLine(packs: readonly Programme[]): [Programme["line"], Programme[]][] {
  const order = choices("service_line").map((one) => one.value);
  return [...grouped(packs, (one) => one.line)].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
}

const SEVERITIES: readonly string[] = ["critical", "major", "minor", "note"];

export interface Raised {
  finding: Finding;
  tasks: FollowUp[];
}

/** Each finding with the tasks that it raises, the gravest first. */
export function raised(pack: Programme): Raised[] {
  const rank = (one: Finding) => SEVERITIES.indexOf(one.severity);
  return [...pack.findings]
    .sort((one, other) => rank(one) - rank(other))
    .map((finding) => ({ finding, tasks: pack.follow_ups.filter((task) => task.findings.includes(finding.code)) }));
}

/** Tasks that an answer raises by itself, without a finding. */
export function byAnswer(pack: Programme): FollowUp[] {
  return pack.follow_ups.filter((task) => !task.findings.length);
}

/** A stretch of hours as people say it: "2 hours", "3 days". */
export function stretchOf(hours: number, language: Language): string {
  const [value, unit] = hours >= 48 && hours % 24 === 0 ? [hours / 24, "day"] : [hours, "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 }).format(value);
}

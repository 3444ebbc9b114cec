"""The named SQL steps that read NEM12: records, events, days, registers added up.

One pass over the file makes `nem12_line`; the rest works on that table.
"""

from __future__ import annotations

from lamplit.domain.words import Quality
from lamplit.meters.layouts.base import Source
from lamplit.meters.layouts.nem12_lines import (
    code_sql,
    factor_sql,
    lines_sql,
    quality_sql,
    stamp_sql,
)

RUNNING = "OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
FIRST_CODE = (
    "coalesce(arg_min({'c': raw_code, 'm': method}, line) FILTER (WHERE quality > 0), "
    "arg_min({'c': raw_code, 'm': method}, line))"
)
"""Code and method of the first reading that is not actual, else of the first."""
FLAG = "'[AESFNV][0-9]{0,2}'"


def slots_sql(minutes: str) -> str:
    """Intervals in a day, from an interval length as text; NULL where it does not divide one."""
    number = f"try_cast(trim({minutes}) AS INTEGER)"
    return f"CASE WHEN {number} BETWEEN 1 AND 60 AND 1440 % {number} = 0 THEN 1440 // {number} END"


def line_step(source: Source) -> str:
    """`nem12_line`: the file's records in order, each with where it belongs.

    The windows run over the file's order without sorting, so this streams; all that can run on
    several threads comes after it. `head_line` is the line of the last 200, `day_line` that of the
    last 300, `edge_line` that of the last 100 or 900. B2B records (500) are left out.
    """
    return f"""
CREATE OR REPLACE TEMP TABLE nem12_line AS
SELECT * FROM (
  SELECT line, text, left(text, 3) AS record,
         max(CASE WHEN prefix(text, '200,') THEN line END) {RUNNING} AS head_line,
         max(CASE WHEN prefix(text, '300,') THEN line END) {RUNNING} AS day_line,
         max(CASE WHEN prefix(text, '900') OR prefix(text, '100,') THEN line END) {RUNNING}
           AS edge_line
  FROM ({lines_sql(source)}))
WHERE record <> '500' AND text NOT IN ('', chr(26))"""


HEAD_STEP = f"""
CREATE OR REPLACE TEMP TABLE nem12_head AS
SELECT line AS head_line, trim(h[2]) AS nmi, suffix, left(suffix, 1) AS side,
       {factor_sql("h[8]")} AS factor, 1440 // slots AS minutes, slots,
       list_distinct(regexp_extract_all(upper(h[3]),
         CASE left(suffix, 1) WHEN 'E' THEN 'E.' ELSE 'B.' END)) AS expected
FROM (SELECT line, h, upper(trim(h[5])) AS suffix, {slots_sql("h[9]")} AS slots
      FROM (SELECT line, string_split(text, ',') AS h FROM nem12_line WHERE record = '200'))"""
"""`nem12_head`: each 200 record, what its days are of, and the registers that go with it."""


EVENT_STEP = f"""
CREATE OR REPLACE TEMP TABLE nem12_event AS
SELECT line, day_line, first_slot, last_slot, flag, {quality_sql("flag")} AS quality,
       {code_sql("flag", "reason")} AS raw_code, nullif(substr(flag, 2), '') AS method
FROM (SELECT line, CASE WHEN day_line > head_line AND day_line > edge_line THEN day_line END
               AS day_line,
             try_cast(trim(f[2]) AS INTEGER) AS first_slot,
             try_cast(trim(f[3]) AS INTEGER) AS last_slot,
             upper(trim(f[4])) AS flag, trim(f[5]) AS reason
      FROM (SELECT *, string_split(text, ',') AS f FROM nem12_line WHERE record = '400'))"""
"""`nem12_event`: each 400 record, tied to the 300 before it by `day_line`."""


DAY_STEP = f"""
CREATE OR REPLACE TEMP TABLE nem12_day AS
WITH event AS (
  SELECT day_line, list({{'a': first_slot, 'b': last_slot, 'q': quality}} ORDER BY line) AS events,
         coalesce(bool_or(first_slot IS NULL OR last_slot IS NULL OR first_slot < 1
                          OR first_slot > last_slot OR quality IS NULL
                          OR NOT regexp_full_match(flag, {FLAG})), false) AS broken,
         max(last_slot) AS last_slot,
         {FIRST_CODE} AS first_code
  FROM nem12_event GROUP BY day_line
), cut AS (
  SELECT line, coalesce(l.head_line > edge_line, false) AS inside, nmi, expected, suffix, side,
         factor, minutes, slots, string_split(text, ',') AS f
  FROM nem12_line l LEFT JOIN nem12_head USING (head_line)
  WHERE record = '300' AND (factor IS NOT NULL OR side IN ('E', 'B')
                            OR NOT coalesce(l.head_line > edge_line, false))
), parsed AS (
  SELECT line, inside, nmi, expected, suffix, side, factor, minutes, slots, len(f) AS field_count,
         try_cast(f[3:2 + slots] AS DOUBLE[]) AS vals, trim(f[2]) AS day_text,
         upper(trim(f[3 + slots])) AS flag, trim(f[4 + slots]) AS reason,
         trim(f[6 + slots]) AS updated,
         CASE WHEN list_count(try_cast(f[3:2 + slots] AS DOUBLE[])) < slots THEN
           len(list_filter(f[3:2 + slots], lambda x: trim(x) = '')) ELSE 0 END AS blanks
  FROM cut
), read AS (
  SELECT line, inside, nmi, expected, suffix, side, factor, minutes, slots, field_count,
         vals, blanks, flag, day_text,
         try_cast(try_strptime(day_text, '%Y%m%d') AS DATE) AS day,
         {quality_sql("flag")} AS quality,
         {stamp_sql("updated")} AS updated_at, updated, reason,
         events, broken, last_slot, first_code.c AS event_code, first_code.m AS event_method,
         CASE WHEN events IS NOT NULL THEN
           list_transform(range(1, slots + 1), lambda i: coalesce(
             list_max(list_transform(list_filter(events, lambda e: i BETWEEN e.a AND e.b),
                                     lambda e: e.q)), {quality_sql("flag")})) END AS slot_q
  FROM parsed p LEFT JOIN event e ON p.line = e.day_line
)
SELECT line, nmi, expected, suffix, side, minutes, slots, day,
       epoch(updated_at)::BIGINT AS seq, slot_q,
       CASE WHEN slot_q IS NULL THEN quality ELSE list_mode(slot_q) END AS quality,
       CASE WHEN events IS NULL THEN {code_sql("flag", "reason")} ELSE event_code END AS raw_code,
       CASE WHEN events IS NULL THEN nullif(substr(flag, 2), '') ELSE event_method END AS method,
       CASE WHEN quality = {int(Quality.MISSING)} AND events IS NULL
              THEN list_transform(vals, lambda v: NULL::DOUBLE)
            WHEN list_contains(slot_q, {int(Quality.MISSING)})
              THEN list_transform(vals, lambda v, i:
                     CASE WHEN slot_q[i] = {int(Quality.MISSING)} THEN NULL ELSE v * factor END)
            WHEN factor = 1 THEN vals
            ELSE list_transform(vals, lambda v: v * factor) END AS vals,
       CASE WHEN NOT inside THEN 'nem.after-end'
            WHEN factor IS NULL THEN 'nem.unit'
            WHEN side NOT IN ('E', 'B') THEN 'nem.register'
            WHEN nmi = '' THEN 'nem.meter-id'
            WHEN slots IS NULL THEN 'nem12.interval-length'
            WHEN day IS NULL OR length(day_text) <> 8 THEN 'nem.date'
            WHEN field_count NOT BETWEEN slots + 6 AND slots + 7
              OR (field_count = slots + 6 AND NOT regexp_full_match(flag, {FLAG}))
              THEN 'nem.field-count'
            WHEN NOT regexp_full_match(flag, {FLAG}) THEN 'nem.quality'
            WHEN broken OR last_slot > slots THEN 'nem12.event'
            WHEN quality IS NULL AND events IS NULL THEN 'nem12.uncovered'
            WHEN slot_q IS NOT NULL AND list_count(slot_q) < slots THEN 'nem12.uncovered'
            WHEN coalesce(updated, '') <> ''
                 AND (updated_at IS NULL OR length(updated) <> 14) THEN 'nem.update-time'
            WHEN slots - list_count(vals) > blanks OR NOT coalesce(list_max(vals), 0) < 1e9
              THEN 'nem.value'
            WHEN list_min(vals) < 0 THEN 'nem.negative'
            WHEN blanks > 0 AND (CASE WHEN slot_q IS NULL THEN quality < {int(Quality.MISSING)}
                 ELSE len(list_filter(vals, lambda v, i:
                       v IS NULL AND slot_q[i] < {int(Quality.MISSING)})) > 0 END)
              THEN 'nem.value' END AS code
FROM read"""
"""`nem12_day`: each 300 record judged (`code` is NULL where it is sound), its values in kWh."""


PLACE_STEP = """
CREATE OR REPLACE TEMP TABLE nem12_place AS
WITH place AS (
  SELECT nmi, side, day, count(*) AS records, count(DISTINCT suffix) AS registers
  FROM nem12_day WHERE code IS NULL GROUP BY nmi, side, day HAVING count(*) > 1
), newest AS (
  SELECT nmi, side, day, suffix, coalesce(max(seq), 0) AS seq
  FROM nem12_day SEMI JOIN place USING (nmi, side, day) WHERE code IS NULL
  GROUP BY nmi, side, day, suffix
), judged AS (
  SELECT d.nmi, d.side, d.day, d.suffix,
         count(DISTINCT hash(d.vals, d.minutes, d.slot_q, d.quality)) > 1 AS torn,
         min(d.line) AS line
  FROM nem12_day d JOIN newest n USING (nmi, side, day, suffix)
  WHERE d.code IS NULL AND coalesce(d.seq, 0) = n.seq
  GROUP BY d.nmi, d.side, d.day, d.suffix
)
SELECT nmi, side, day, any_value(registers) AS registers, bool_or(torn) AS torn,
       list(line ORDER BY line) AS lines, list(DISTINCT suffix) AS suffixes
FROM judged JOIN place USING (nmi, side, day) GROUP BY nmi, side, day"""
"""`nem12_place`: meter-days that more than one 300 record speaks of, and which records count."""


SUM_STEP = f"""
CREATE OR REPLACE TEMP TABLE nem12_sum AS
WITH member AS (
  SELECT d.*, max(d.minutes) OVER (PARTITION BY d.nmi, d.side, d.day) AS common
  FROM nem12_day d JOIN (SELECT unnest(lines) AS line FROM nem12_place
                         WHERE registers > 1 AND NOT torn) USING (line)
), even AS (
  SELECT line, nmi, expected, suffix, side, day, seq, quality, raw_code, method, common,
         1440 // common AS slots, common // minutes AS fold,
         common % minutes <> 0 AS ragged, vals,
         coalesce(slot_q, list_transform(range(slots), lambda i: quality)) AS slot_q
  FROM member
), folded AS (
  SELECT * EXCLUDE (vals, slot_q),
         CASE WHEN fold = 1 THEN vals ELSE list_transform(range(slots), lambda k:
           CASE WHEN list_count(vals[k * fold + 1:(k + 1) * fold]) = fold
                THEN list_sum(vals[k * fold + 1:(k + 1) * fold]) END) END AS vals,
         CASE WHEN fold = 1 THEN slot_q ELSE list_transform(range(slots), lambda k:
           list_max(slot_q[k * fold + 1:(k + 1) * fold])) END AS slot_q
  FROM even
)
SELECT nmi, side, day, min(line) AS line, max(common) AS minutes, max(seq) AS seq,
       list_distinct(flatten(list(expected))) AS expected, max(quality) AS quality,
       bool_or(ragged) AS ragged,
       {FIRST_CODE} AS first_code,
       list_reduce(list(vals ORDER BY suffix), lambda x, y:
         list_transform(list_zip(x, y), lambda z: z[1] + z[2])) AS vals,
       list_reduce(list(slot_q ORDER BY suffix), lambda x, y:
         list_transform(list_zip(x, y), lambda z: greatest(z[1], z[2]))) AS slot_q
FROM folded GROUP BY nmi, side, day"""
"""`nem12_sum`: registers of one NMI, direction and day added up, each slot as bad as its worst."""

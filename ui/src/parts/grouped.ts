/** Rows by a key, in the order in which keys first come; as `Map.groupBy`, for browsers before it. */
export function grouped<Row, Key>(rows: readonly Row[], key: (row: Row) => Key): Map<Key, Row[]> {
  const found = new Map<Key, Row[]>();
  for (const row of rows) {
    const at = key(row);
    const some = found.get(at);
    if (some) some.push(row);
    else found.set(at, [row]);
  }
  return found;
}

/** One thing that somebody with all rights on the database does to the log, and what must be said of it. */
export interface Tampering {
  readonly what: string;
  /** @param rows of the log; row `rows / 2 + 1` is the one right after an anchor */
  readonly statements: (rows: number) => readonly string[];
  /** Changes the file of anchors, for as long as it is looked at. */
  readonly forge?: (lines: string) => string;
  readonly expected: (rows: number) => { readonly seq: number; readonly why: RegExp };
  /** Only the head was changed, which no export shows. */
  readonly headOnly?: boolean;
}

const middle = (rows: number): number => rows / 2 + 1;
const edit = (seq: number) => `update audit_log set body = replace(body, 'anna', 'eve') where seq = ${seq}`;
const rehash = (seq: number) =>
  `update audit_log set hash = encode(sha256(convert_to(prev || body, 'UTF8')), 'hex') where seq = ${seq}`;
const headAt = (seq: string) =>
  `update audit_head set seq = ${seq}, hash = (select hash from audit_log where audit_log.seq = ${seq})`;
/** As somebody who knows how rows are chained: every hash from there on is made anew, and the head with it. */
const chainAnew = (from: number) => `do $$ declare row audit_log; last text; begin
  select coalesce(max(hash), repeat('0', 64)) into last from audit_log where seq = ${from} - 1;
  for row in select * from audit_log where seq >= ${from} order by seq loop
    update audit_log set prev = last, hash = encode(sha256(convert_to(last || body, 'UTF8')), 'hex')
      where seq = row.seq returning hash into last;
  end loop;
  update audit_head set seq = (select max(seq) from audit_log), hash = last;
end $$`;

export const TAMPERINGS: readonly Tampering[] = [
  {
    what: "an edited row",
    statements: (rows) => [edit(middle(rows))],
    expected: (rows) => ({ seq: middle(rows), why: /^edited/ }),
  },
  {
    what: "an edited row with its hash made anew",
    statements: (rows) => [edit(middle(rows)), rehash(middle(rows))],
    expected: (rows) => ({ seq: middle(rows) + 1, why: /^replaced/ }),
  },
  {
    what: "an edited row with all hashes behind it made anew",
    statements: (rows) => [edit(middle(rows)), chainAnew(middle(rows))],
    expected: (rows) => ({ seq: middle(rows), why: /^rewritten/ }),
  },
  {
    what: "a row of another time",
    statements: (rows) => [`update audit_log set at = at - interval '1 day' where seq = ${middle(rows)}`],
    expected: (rows) => ({ seq: middle(rows), why: /^edited: its time/ }),
    headOnly: true,
  },
  {
    what: "a deleted row",
    statements: (rows) => [`delete from audit_log where seq = ${middle(rows)}`],
    expected: (rows) => ({ seq: middle(rows), why: /^missing/ }),
  },
  {
    what: "two rows in each other's place",
    statements: (rows) => [
      `update audit_log set seq = -seq where seq in (${middle(rows)}, ${middle(rows) + 1})`,
      `update audit_log set seq = ${2 * middle(rows) + 1} + seq where seq < 0`,
    ],
    expected: (rows) => ({ seq: middle(rows), why: /^reordered/ }),
  },
  {
    what: "a row put in between, with all numbers and hashes made anew",
    statements: (rows) => [
      `update audit_log set seq = -seq where seq >= ${middle(rows)}`,
      "update audit_log set seq = 1 - seq, body = jsonb_set(body::jsonb, '{seq}', to_jsonb(1 - seq))::text where seq < 0",
      `insert into audit_log (seq, at, body, prev, hash) select ${middle(rows)}, at,
        jsonb_set(jsonb_set(body::jsonb, '{seq}', to_jsonb(${middle(rows)})), '{actor}', '"eve"')::text, '', ''
        from audit_log where seq = ${middle(rows) - 1}`,
      chainAnew(middle(rows)),
    ],
    expected: (rows) => ({ seq: middle(rows), why: /^rewritten/ }),
  },
  {
    what: "a cut tail",
    statements: (rows) => [`delete from audit_log where seq >= ${middle(rows)}`],
    expected: (rows) => ({ seq: middle(rows), why: /^(cut off|rolled back)/ }),
  },
  {
    what: "a cut tail with the head set back, or an older copy of the database",
    statements: (rows) => [`delete from audit_log where seq >= ${middle(rows)}`, headAt(`${middle(rows) - 1}`)],
    expected: (rows) => ({ seq: middle(rows), why: /^rolled back/ }),
  },
  {
    what: "an emptied log with the head at nothing",
    statements: () => ["truncate audit_log", "update audit_head set seq = 0, hash = repeat('0', 64)"],
    expected: () => ({ seq: 1, why: /^rolled back/ }),
    headOnly: true,
  },
  {
    what: "a whole log written anew by somebody else",
    statements: () => ["update audit_log set body = replace(body, 'anna', 'eve')", chainAnew(1)],
    expected: () => ({ seq: 1, why: /^rewritten/ }),
  },
  {
    what: "a head that was set back alone",
    statements: (rows) => [`update audit_head set seq = ${rows - 1}`],
    expected: (rows) => ({ seq: rows, why: /^added/ }),
    headOnly: true,
  },
  {
    what: "a head that is gone",
    statements: () => ["delete from audit_head"],
    expected: (rows) => ({ seq: rows, why: /^the head is missing/ }),
    headOnly: true,
  },
  {
    what: "a cut tail, and the anchors changed to fit",
    statements: (rows) => [`delete from audit_log where seq >= ${middle(rows)}`, headAt(`${middle(rows) - 1}`)],
    forge: (lines) => lines.replace(/"at":"\d{4}/, '"at":"1999'),
    expected: () => ({ seq: 0, why: /^forged: line 1/ }),
  },
];

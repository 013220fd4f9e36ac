// What the modules share. Rows travel as columns; a fact is one row with its evidence.

import type { Text } from "../../harness/report/modules/rows.js";

declare global {
  interface Columns {
    [name: string]: any;
  }

  interface Table {
    rows: number;
    columns: Columns;
    facts: Facts;
  }

  interface Facts {
    [name: string]: any;
    first: Record<string, Record<string, string>>;
    axes: Record<string, string[]>;
    severity: Record<string, number>;
    bad: string[];
    kinds: string[];
    signs: Record<string, string>;
  }

  interface Evidence {
    [name: string]: any;
    expected?: Nested | string;
    actual?: Nested | string;
    margin?: Nested | string;
    origin?: number[];
    repro?: string;
    smallest?: string;
    shrunk?: string;
    command?: string;
    margins?: Record<string, number | string>;
  }

  interface Fact {
    [name: string]: any;
    op: string;
    case: string;
    candidate: string;
    law: string;
    subject: string;
    scenario: string;
    status: string;
    evidence: Evidence;
  }

  interface Card {
    smallest: string;
    op: string;
    candidate: string;
    title: string;
    said: string[];
    example: Record<string, string>;
    known: boolean;
  }

  type Nested = (number | string | boolean | Nested)[];
  type Colour = number[];
  type Child = Node | string | number | false | null | undefined | Child[];
  type App = import("../../harness/report/modules/main.js").App;
  type TextColumn = Text;

  var report: App;
}

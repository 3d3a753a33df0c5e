/** Aligned text tables that fit the terminal. */

export interface Column<Row> {
  readonly title: string;
  readonly align: "left" | "right";
  /** Columns with the highest number leave first when the terminal is narrow; 0 never leaves. */
  readonly drop: number;
  readonly text: (row: Row) => string;
  /** Colours a padded cell; default none. */
  readonly paint?: (cell: string, row: Row) => string;
}

const GAP = "  ";

/** The columns that fit in `width` characters, in order. */
export function fit<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Column<Row>[] {
  const kept = [...columns];
  const total = (): number => kept.reduce((sum, column) => sum + widthOf(column, rows) + GAP.length, -GAP.length);
  while (total() > width) {
    let victim = -1;
    for (let i = 0; i < kept.length; i++) {
      if (kept[i]!.drop > 0 && (victim < 0 || kept[i]!.drop >= kept[victim]!.drop)) victim = i;
    }
    if (victim < 0) break;
    kept.splice(victim, 1);
  }
  return kept;
}

/** The table with its header, one line each, without trailing spaces. `width` 0 = unlimited. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  header: (text: string) => string = (text) => text,
): string {
  const kept = width > 0 ? fit(columns, rows, width) : [...columns];
  const widths = kept.map((column) => widthOf(column, rows));
  const line = (
    cell: (column: Column<Row>) => string,
    paint?: (text: string, column: Column<Row>) => string,
  ): string => {
    const texts = kept.map(cell);
    // Nothing after the last cell that says something: no trailing spaces.
    const last = texts.findLastIndex((text) => text !== "");
    return kept
      .slice(0, last + 1)
      .map((column, i) => {
        const text = texts[i]!;
        const space = " ".repeat(Math.max(0, widths[i]! - Bun.stringWidth(text)));
        const padded = column.align === "right" ? space + text : i === last ? text : text + space;
        return paint === undefined ? padded : paint(padded, column);
      })
      .join(GAP);
  };
  const lines = [header(line((column) => column.title))];
  for (const row of rows) {
    const paint = (text: string, column: Column<Row>): string => column.paint?.(text, row) ?? text;
    lines.push(line((column) => column.text(row), paint));
  }
  return lines.map((text) => `${text}\n`).join("");
}

function widthOf<Row>(column: Column<Row>, rows: readonly Row[]): number {
  let width = Bun.stringWidth(column.title);
  for (const row of rows) width = Math.max(width, Bun.stringWidth(column.text(row)));
  return width;
}

const BYTE_UNITS = ["", "K", "M", "G", "T", "P"];

/** 1536 → "1.5K"; powers of 1024. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? String(value) : `${value < 10 ? value.toFixed(1) : Math.round(value)}${BYTE_UNITS[unit]}`;
}

/** 3725 → "1h2m"; the two largest units. */
export function humanSeconds(seconds: number): string {
  const units = [
    ["d", 86400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  let rest = Math.floor(seconds);
  let out = "";
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) out += `${count}${name}`;
  }
  return out;
}

/** Where a token of a configuration text stands. Lines and columns count from 1; columns count bytes as typed. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** "at line 7", seen from `here`; the file too where it is another one: a configuration may be many. */
export function atLine({ file, line }: Position, here: Position): string {
  return file === here.file ? `at line ${line}` : `at ${file}:${line}`;
}

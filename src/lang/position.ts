/** Where a token of a configuration text stands. Lines and columns count from 1; columns count bytes as typed. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

import type { Field } from "./fields.ts";
import type { DataTypeName } from "./types.ts";

/** The data of a table that the engine counts by itself for every entry that is tracked; null = the table does not store it. */
export class CountedFields {
  readonly connCount: Field | null;
  readonly connRate: Field | null;
  readonly sessCount: Field | null;
  readonly sessRate: Field | null;
  readonly requestCount: Field | null;
  readonly requestRate: Field | null;
  readonly errorCount: Field | null;
  readonly errorRate: Field | null;
  readonly failCount: Field | null;
  readonly failRate: Field | null;
  readonly inCount: Field | null;
  readonly inRate: Field | null;
  readonly outCount: Field | null;
  readonly outRate: Field | null;

  constructor(field: (name: DataTypeName) => Field | null) {
    this.connCount = field("conn_cnt");
    this.connRate = field("conn_rate");
    this.sessCount = field("sess_cnt");
    this.sessRate = field("sess_rate");
    this.requestCount = field("http_req_cnt");
    this.requestRate = field("http_req_rate");
    this.errorCount = field("http_err_cnt");
    this.errorRate = field("http_err_rate");
    this.failCount = field("http_fail_cnt");
    this.failRate = field("http_fail_rate");
    this.inCount = field("bytes_in_cnt");
    this.inRate = field("bytes_in_rate");
    this.outCount = field("bytes_out_cnt");
    this.outRate = field("bytes_out_rate");
  }
}

/** The fields of a response become a `Head` (RFC 9113 section 8.3.2). */
import type { HeadBuilder } from "../h1/build.ts";
import { type HeadLimits, OPEN_BODY } from "../h1/flags.ts";
import type { Head } from "../h1/head.ts";
import { lookupName } from "../h1/known.ts";
import type { FieldSink } from "../hpack/decode.ts";
import { H2Error } from "./errors.ts";
import { appendField, fieldProblem, isConnectionField } from "./fields.ts";
import { Pseudo, pseudoOf } from "./pseudo.ts";

const NO_REASON: Uint8Array = new Uint8Array(0);

/** Builds one response after the other; as RequestSink. */
export class ResponseSink implements FieldSink {
  private head: Head | null = null;
  private builder: HeadBuilder | null = null;
  private limits: HeadLimits | null = null;
  private code = 0;
  private status = 0;
  private begun = false;
  private endStream = false;

  begin(head: Head, builder: HeadBuilder, limits: HeadLimits, endStream: boolean): void {
    this.head = head;
    this.builder = builder;
    this.limits = limits;
    this.code = 0;
    this.status = 0;
    this.begun = false;
    this.endStream = endStream;
  }

  field(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (this.code !== 0) return;
    if (name[nameStart] === 58) {
      this.pseudoField(name, nameStart, nameEnd, value, valueStart, valueEnd);
      return;
    }
    if (!this.begun && !this.writeLine()) return;
    this.code = fieldProblem(name, nameStart, nameEnd, value, valueStart, valueEnd);
    if (this.code !== 0) return;
    if (isConnectionField(lookupName(name, nameStart, nameEnd))) {
      this.code = H2Error.CONNECTION_FIELD;
      return;
    }
    const { builder, limits } = this;
    this.code = appendField(builder!, limits!, name, nameStart, nameEnd, value, valueStart, valueEnd);
  }

  /** Ends the head: 0 or a code of errors.ts. */
  finish(): number {
    if (this.code === 0 && !this.begun) this.writeLine();
    if (this.code !== 0) return this.code;
    this.builder!.finish();
    if (!this.endStream && this.head!.contentLength < 0) this.head!.flags |= OPEN_BODY;
    return 0;
  }

  private pseudoField(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
  ): void {
    // Section 8.3: before the others, only :status, and once.
    if (this.begun) this.code = H2Error.PSEUDO_AFTER_FIELD;
    else if (pseudoOf(name, nameStart, nameEnd) !== Pseudo.STATUS) this.code = H2Error.UNKNOWN_PSEUDO;
    else if (this.status !== 0) this.code = H2Error.DUPLICATE_PSEUDO;
    if (this.code !== 0) return;
    let status = 0;
    for (let p = start; p < end; p++) {
      const digit = value[p]! - 48;
      if (digit < 0 || digit > 9) status = -1000;
      status = status * 10 + digit;
    }
    // RFC 9110 section 15: three digits. Section 8.6: there is no 101 in HTTP/2.
    if (end - start !== 3 || status < 100 || status === 101) this.code = H2Error.BAD_STATUS;
    else this.status = status;
  }

  private writeLine(): boolean {
    this.begun = true;
    if (this.status === 0) {
      this.code = H2Error.MISSING_PSEUDO;
      return false;
    }
    this.builder!.beginResponse(this.head!, this.status, NO_REASON);
    return true;
  }
}

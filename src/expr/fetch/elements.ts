/** What a request has under one name, kept for all rules that look at it. */
import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { latin1 } from "../../util/latin1.ts";
import type { SampleContext } from "../context.ts";
import { ElementWalk, HeaderWalk, request } from "./message.ts";

/** Fields with more values are walked each time: nobody can make this hold much. */
const MOST = 4;

/**
 * The values of one field, split at commas or whole, as the last look found them: valid until the head or what rules made of it
 * changes. Twenty rules about one field read it once.
 */
class FieldValues {
  count = 0;
  readonly values: string[] = [];
  private head: Head | null = null;
  private edits: Edits | null = null;
  private serial = -1;
  private changes = -1;
  private readonly walk: ElementWalk | HeaderWalk;

  constructor(
    private readonly name: Uint8Array,
    split: boolean,
  ) {
    this.walk = split ? new ElementWalk() : new HeaderWalk();
  }

  /** Reads the field of the context's request. False: there is none, or it has too many values to be kept; then walk it. */
  read(ctx: SampleContext): boolean {
    const head = ctx.reqHead;
    if (head === null) return false;
    const edits = ctx.reqEdits;
    // Fast path: as before.
    if (this.head === head && this.edits === edits && this.serial === head.serial && this.changes === edits.changes) {
      return this.count <= MOST;
    }
    this.head = head;
    this.edits = edits;
    this.serial = head.serial;
    this.changes = edits.changes;
    const { walk, values } = this;
    let count = 0;
    walk.start(request, ctx, this.name);
    while (count <= MOST && walk.next()) {
      if (count < MOST) values[count] = latin1(walk.buf, walk.from, walk.to);
      count++;
    }
    this.count = count;
    return count <= MOST;
  }
}

const split = new Map<string, FieldValues>();
const whole = new Map<string, FieldValues>();

/** The one that all expressions about the field share; `name` in lower case. */
export function fieldValues(name: Uint8Array, elements: boolean): FieldValues {
  const known = elements ? split : whole;
  const key = Buffer.from(name).toString("latin1");
  let values = known.get(key);
  if (values === undefined) known.set(key, (values = new FieldValues(name, elements)));
  return values;
}

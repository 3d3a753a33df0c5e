/** Ends without an answer: `reject` and `silent-drop`. */
import { quietClose } from "../../ffi/quiet.ts";
import { fdOf } from "../../net/fd.ts";
import { bodyBytes, countOut } from "./count.ts";
import { finishStream } from "./finish.ts";
import { countRefused } from "./rule-answer.ts";
import type { HttpStream } from "./stream.ts";
import { headBytes } from "./wire.ts";

/** See FlowStream.drop. */
export function drop(stream: HttpStream, silent: boolean): void {
  const { client } = stream;
  // As in HAProxy: what rules about content reject is the frontend's alone, what they drop is not.
  if (silent) stream.inRequestContent = false;
  // As in HAProxy, a drop in a response counts as one of the request.
  countRefused(stream, false);
  stream.termCause = "P";
  stream.termState = "R";
  stream.answered = true;
  if (stream.responded) {
    // The response counts as if it had been sent.
    countOut(stream, headBytes(stream.res) + bodyBytes(stream.resBody));
    stream.responseAt = 0;
    stream.responseDone = stream.resBody.done;
  } else {
    stream.requestEnd = 0;
    stream.status = -1;
  }
  const { socket } = client.conn;
  // As in HAProxy the streams beside it go too.
  client.h2?.condemn(silent);
  if (silent && socket !== null && !client.closed && !client.unix) {
    quietClose(fdOf(socket), client.addressBytes()?.length === 16);
  }
  client.cut = silent ? "reset" : "close";
  finishStream(stream, false);
}

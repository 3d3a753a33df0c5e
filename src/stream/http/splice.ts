/** Large bodies of known length between two plain sockets never enter the process: see net/splice.ts. */
import { Framing } from "../../codec/h1/framing.ts";
import { Conn } from "../../net/conn.ts";
import { PolledSocket } from "../../net/polled-socket.ts";
import { Splice, type SpliceOwner } from "../../net/splice.ts";
import { clientLeft } from "./abort.ts";
import { C } from "../../counters/columns.ts";
import { maySplice } from "../splice-options.ts";
import { countIn, countOut, countSpliced } from "./count.ts";
import { blockedByClient, watchServer, watchUpload } from "./deadlines.ts";
import { responseComplete } from "./download.ts";
import { finishStream } from "./finish.ts";
import type { HttpStream } from "./stream.ts";

/** Least rest of a body that is worth it. */
const SPLICE_MIN = 32 << 10;

/** Both sockets take descriptors as they are: no TLS, nothing that frames or changes the bytes. */
function plain(from: Conn, to: Conn): boolean {
  return (
    Splice.enabled && !from.secure && !to.secure && from.relay === null && to.feeder === null && !from.gone && !to.gone
  );
}

/** What is left of the response goes over inside the kernel, if it is worth it. The client must not be blocked. */
export function spliceDownload(stream: HttpStream): void {
  const { resBody, client, serverConn: conn } = stream;
  if (
    resBody.framing !== Framing.LENGTH ||
    resBody.left < SPLICE_MIN ||
    stream.resRechunk ||
    stream.mute ||
    conn === null
  )
    return;
  if (stream.resFilter !== null || (stream.cache !== null && stream.cache.writers.length > 0)) return;
  // An exchange of HTTP/2 is no connection of its own.
  if (!(client instanceof Conn) || !(conn instanceof Conn) || client.blocked || !(conn.socket instanceof PolledSocket))
    return;
  if (!plain(conn, client) || !maySplice(stream, "splice-response")) return;
  new Splice(conn, client, resBody.left, new Download(stream)).start();
}

/** What is left of the request goes over inside the kernel, if it is worth it. The client need not be read for it. */
export function spliceUpload(stream: HttpStream): boolean {
  const { reqBody, client, serverConn: conn } = stream;
  if (reqBody.framing !== Framing.LENGTH || reqBody.left < SPLICE_MIN || stream.reqRechunk || conn === null)
    return false;
  if (stream.reqFilter !== null) return false;
  if (
    !(client instanceof Conn) ||
    !(conn instanceof Conn) ||
    !stream.sent ||
    conn.blocked ||
    !conn.established ||
    !plain(client, conn) ||
    !maySplice(stream, "splice-request")
  )
    return false;
  stream.spent = true;
  stream.bodyBuf = null;
  const splice = new Splice(client, conn, reqBody.left, new Upload(stream));
  watchUpload(stream);
  splice.start();
  return true;
}

class Download implements SpliceOwner {
  constructor(private readonly stream: HttpStream) {}

  onSpliced(n: number): void {
    const { stream } = this;
    const { resBody, client } = stream;
    resBody.left -= n;
    resBody.payload += n;
    countOut(stream, n);
    countSpliced(stream, C.splicedOut, n);
    if (client.gone) clientLeft(stream);
    else if (client.blocked) blockedByClient(stream);
    else if (resBody.left > 0) watchServer(stream);
  }

  onSpliceEnd(complete: boolean): void {
    const { stream } = this;
    if (complete) {
      stream.resBody.done = true;
      // It was paused when the client was behind; the connection goes on to another exchange.
      stream.serverConn?.resume();
      responseComplete(stream);
    } else if (stream.client.gone) {
      clientLeft(stream);
    }
  }
}

class Upload implements SpliceOwner {
  constructor(private readonly stream: HttpStream) {}

  onSpliced(n: number): void {
    const { stream } = this;
    const { reqBody, client, serverConn } = stream;
    reqBody.left -= n;
    reqBody.payload += n;
    countIn(stream, n);
    countSpliced(stream, C.splicedIn, n);
    if (serverConn?.blocked === true) client.pause();
    if (reqBody.left > 0) watchUpload(stream);
  }

  onSpliceEnd(complete: boolean): void {
    const { stream } = this;
    if (!complete) return;
    stream.reqBody.done = true;
    stream.requestDone = true;
    stream.client.resume();
    if (stream.responseDone) finishStream(stream, true);
    else watchUpload(stream);
  }
}

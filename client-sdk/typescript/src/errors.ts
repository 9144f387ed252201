// Why a call failed.

import type { CloseCode, ErrorCode, Refused } from "./protocol.gen.js";

/** Why a client is over for good. */
export type CloseReason =
  | { by: "app" }
  /** With a code after which a client does not connect by itself. */
  | { by: "broker"; code: CloseCode; message: string }
  /** The person must sign in again. */
  | { by: "renewal"; message: string }
  /** The URL cannot be used. */
  | { by: "url"; message: string };

/** The broker refused, and nothing changed. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly refused: Refused;
  constructor(refused: Refused) {
    super(refused.message);
    this.refused = refused;
  }
  get code(): ErrorCode {
    return this.refused.code;
  }
}

/** The client is closed for good, or its app closed it. An unanswered write may have happened. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
  readonly reason: CloseReason;
  constructor(reason: CloseReason) {
    super(reason.by === "app" ? "the app closed the connection" : reason.message);
    this.reason = reason;
  }
}

/** The connection was lost before this call, which changes nothing, was answered. */
export class DisconnectedError extends Error {
  override readonly name = "DisconnectedError";
  constructor() {
    super("the connection was lost before the answer: ask again");
  }
}

/** More calls wait for an answer than may. */
export class FullError extends Error {
  override readonly name = "FullError";
  constructor(most: number) {
    super(`${most} calls wait for an answer already`);
  }
}

/** The broker said something that the protocol does not allow. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** An HTTP request was refused, or could not be made (`status` 0). */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly code: ErrorCode | undefined;
  constructor(status: number, code: ErrorCode | undefined, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

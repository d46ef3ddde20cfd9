import type { MetaV1 } from "./models.js";

/** An error response (400 or above). Bodies that are no Status become its message. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: MetaV1.Status;

  constructor(status: MetaV1.Status) {
    super(status.message || status.reason || `the server answered ${status.code}`);
    this.status = status;
  }

  /** The HTTP status code; 0 if the Status has none. */
  get code(): number { return this.status.code ?? 0; }
  /** The machine-readable reason, such as NotFound: the server's, else the one of the code, else empty. */
  get reason(): string { return this.status.reason || reasonOf[this.code] || ""; }
  get details(): MetaV1.StatusDetails | undefined { return this.status.details; }
  /** The delay that the server asks for before a retry. */
  get retryAfterSeconds(): number | undefined { return this.status.details?.retryAfterSeconds; }
}

/** The reasons of status codes, for responses without one. */
const reasonOf: Record<number, string> = {
  401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed", 409: "Conflict", 410: "Gone", 413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout",
};

/** An ApiError with a known reason. */
export type Failure<R extends string> = ApiError & { readonly reason: R };

function has<R extends string>(error: unknown, ...reasons: R[]): error is Failure<R> {
  return error instanceof ApiError && (reasons as string[]).includes(error.reason);
}

export const isNotFound = (error: unknown): error is Failure<"NotFound"> => has(error, "NotFound");
export const isAlreadyExists = (error: unknown): error is Failure<"AlreadyExists"> => has(error, "AlreadyExists");
export const isConflict = (error: unknown): error is Failure<"Conflict"> => has(error, "Conflict");
/** 410: the resourceVersion or continue token is too old. */
export const isExpired = (error: unknown): error is Failure<"Expired" | "Gone"> => has(error, "Expired", "Gone");
export const isForbidden = (error: unknown): error is Failure<"Forbidden"> => has(error, "Forbidden");
export const isUnauthorized = (error: unknown): error is Failure<"Unauthorized"> => has(error, "Unauthorized");
export const isInvalid = (error: unknown): error is Failure<"Invalid"> => has(error, "Invalid");
export const isTooManyRequests = (error: unknown): error is Failure<"TooManyRequests"> => has(error, "TooManyRequests");
export const isMethodNotAllowed = (error: unknown): error is Failure<"MethodNotAllowed"> => has(error, "MethodNotAllowed");
export const isUnsupportedMediaType = (error: unknown): error is Failure<"UnsupportedMediaType"> => has(error, "UnsupportedMediaType");

/** Parses a Status of a failure; undefined for anything else. */
export function statusOf(text: string): MetaV1.Status | undefined {
  try {
    const status = JSON.parse(text);
    if (status?.kind === "Status" && (status.code >= 400 || status.status === "Failure")) return status;
  } catch {
    // Not JSON: probably the answer of a proxy.
  }
  return undefined;
}

const longestMessage = 2048;

/** The error of a response from 400 on. */
export function errorOf(code: number, body: string): ApiError {
  const status = statusOf(body);
  if (status) return new ApiError(status);
  const text = body.trim().slice(0, longestMessage);
  return new ApiError({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason: reasonOf[code] ?? "", message: text || `the server answered ${code}` });
}

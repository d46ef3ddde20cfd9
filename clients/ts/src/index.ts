/** A small typed client of the Kubernetes API. Types and resources are generated from the same model as the server's. */
export type * from "./models.js";
export { Client } from "./client.js";
export type { RequestOptions, Settings } from "./client.js";
export type { Config, ExecPlugin, Impersonation, Tls } from "./config.js";
export { autoConfig, inClusterConfig } from "./incluster.js";
export { loadKubeconfig, NoKubeconfig } from "./kubeconfig.js";
export {
  ApiError, isAlreadyExists, isConflict, isExpired, isForbidden, isInvalid, isMethodNotAllowed, isNotFound, isTooManyRequests, isUnauthorized, isUnsupportedMediaType,
} from "./errors.js";
export type { Failure } from "./errors.js";
export type { KubeObject, Page, Part, Untyped } from "./object.js";
export type {
  ApplyOptions, CallOptions, DeleteCollectionOptions, DeleteOptions, GetOptions, ListOptions, PatchOptions, SelectOptions, TokenOptions, WatchOptions, WriteOptions,
} from "./options.js";
export { Resource } from "./resource.js";
export type { Row, Subresource } from "./row.js";
export { rows } from "./rows.js";
export type { List } from "./list.js";
export type { WatchEvent } from "./watch.js";
export type { Handlers, Informer, InformerOptions } from "./informer.js";
export type { Store } from "./store.js";
export type { Sub, Token } from "./subresource.js";
export type { ExecOptions, Session } from "./exec.js";
export type { ForwardOptions } from "./forward.js";
export type { LogOptions } from "./logs.js";
export type { Answer } from "./transport.js";
export { version } from "./version.js";

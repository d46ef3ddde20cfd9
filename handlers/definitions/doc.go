// Package definitions turns CustomResourceDefinitions into resources of the registry: rows like any other, which the verbs serve
// without asking where they come from.
//
// A Manager keeps a head of each definition: what it says but for its schemas, which lie in the store until the first request
// needs them. A definition that this server writes is served, or not any more, when the writer is answered (Written); those
// that other servers write come by the feed of the store, or when a request names a resource that is not known (Find).
//
// What upstream's controllers say in the status of a definition is said in the write that stores it (kinds/apiextensions). The
// Manager gives that the names of other definitions, and sees to what is left: a definition that somebody else has stored without
// a status, names that became free, objects of a definition that is being deleted.
package definitions

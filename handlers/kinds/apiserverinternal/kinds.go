// Package apiserverinternal has the kinds of internal.apiserver.k8s.io, in which the servers of a cluster publish the versions that
// they store.
package apiserverinternal

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{storageVersions}

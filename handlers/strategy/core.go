package strategy

// core are the entries of the group without a name, and of the other name of its events.
var core = map[key]entry{
	{"", "namespaces", ""}:              namespaces,
	{"", "namespaces", "status"}:        namespaceStatus,
	{"", "namespaces", "finalize"}:      namespaceFinalize,
	{"", "secrets", ""}:                 secrets,
	{"", "configmaps", ""}:              configMaps,
	{"", "serviceaccounts", ""}:         serviceAccounts,
	{"", "limitranges", ""}:             limitRanges,
	{"", "resourcequotas", ""}:          resourceQuotas,
	{"", "nodes", ""}:                   nodes,
	{"", "nodes", "status"}:             nodeStatus,
	{"", "persistentvolumes", ""}:       persistentVolumes,
	{"", "persistentvolumes", "status"}: persistentVolumeStatus,
	{"", "persistentvolumeclaims", ""}:  claims,
	{"", "events", ""}:                  coreEvents,
	{"events.k8s.io", "events", ""}:     newEvents,
	{"", "bindings", ""}:                bindings,
	{"", "pods", ""}:                    pods,
	{"", "pods", "status"}:              podStatus,
	{"", "pods", "binding"}:             bindings,
	{"", "pods", "eviction"}:            evictions,
	{"", "pods", "ephemeralcontainers"}: ephemeralContainers,
	{"", "pods", "resize"}:              podResize,
}

package strategy

// core are the entries of the group without a name, and of the other name of its events.
var coreTable = map[key]entry{
	{"", "bindings", ""}:                bindings,
	{"", "pods", ""}:                    pods,
	{"", "pods", "status"}:              podStatus,
	{"", "pods", "binding"}:             bindings,
	{"", "pods", "eviction"}:            evictions,
	{"", "pods", "ephemeralcontainers"}: ephemeralContainers,
	{"", "pods", "resize"}:              podResize,
}

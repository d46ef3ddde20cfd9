package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// standing are flags of upstream that are read and do nothing, by the reason. They are taken, with a warning, so that existing
// command lines start, and refused where upstream cannot read them. docs/differences.md lists them with the same reasons; a test
// compares.
var standing = []struct {
	why                                 string
	texts, durations, numbers, switches string
}{
	{
		why:      "one cache holds everything, which reads need, and keeps changes by their age",
		texts:    "watch-cache-sizes",
		numbers:  "default-watch-cache-size",
		switches: "watch-cache",
	},
	{
		why:       "the numbers of objects and the size of the store are asked for when somebody reads the metrics",
		durations: "etcd-count-metric-poll-period etcd-db-metric-poll-interval",
	},
	{
		why:       "connections to kubelets are not here yet",
		texts:     "kubelet-certificate-authority kubelet-client-certificate kubelet-client-key kubelet-preferred-address-types",
		durations: "kubelet-timeout",
		numbers:   "kubelet-port kubelet-read-only-port max-connection-bytes-per-sec",
	},
	{
		why:      "priority and fairness is not here yet; the limits of requests under way are",
		switches: "enable-priority-and-fairness",
	},
	{
		why:       "servers do not elect each other's leaders, nor ask each other",
		texts:     "peer-advertise-ip peer-advertise-port peer-ca-file",
		durations: "coordinated-leadership-lease-duration coordinated-leadership-renew-deadline coordinated-leadership-retry-period",
	},
	{
		why:      "there is nothing to profile with: /debug and /logs are not served",
		texts:    "debug-socket-path",
		switches: "contention-profiling profiling enable-logs-handler",
	},
	{
		why:   "nothing is traced",
		texts: "tracing-config-file",
	},
	{
		why:   "the metrics are few, have no labels that grow, and none is hidden",
		texts: "allow-metric-labels allow-metric-labels-manifest disabled-metrics show-hidden-metrics-for-version",
	},
	{
		why:       "the log is one stream, which is not held back",
		texts:     "log-json-info-buffer-size log-text-info-buffer-size vmodule",
		durations: "log-flush-frequency",
		switches:  "log-json-split-stream log-text-split-stream",
	},
	{
		why:       "watches of a server that ends are ended in order, and new ones told to come again, always",
		durations: "shutdown-watch-termination-grace-period",
		switches:  "shutdown-send-retry-after",
	},
	{
		why:       "a server is ready when it has read the store, and not before",
		durations: "storage-initialization-timeout",
	},
	{
		why:     "a collection is deleted by the request that asks for it",
		numbers: "delete-collection-workers",
	},
	{
		why:      "it says how another flag is read that is refused",
		switches: "encryption-provider-config-automatic-reload emulation-forward-compatible runtime-config-emulation-forward-compatible",
	},
	{
		why:      "it is always so: the address of a server that ended can be taken at once",
		switches: "permit-address-sharing",
	},
}

// why is the reason for each flag without effect.
func why() map[string]string {
	out := map[string]string{}
	for _, s := range standing {
		for name := range strings.FieldsSeq(s.texts + " " + s.durations + " " + s.numbers + " " + s.switches) {
			out[name] = s.why
		}
	}
	return out
}

// acceptedNames are all of them, sorted.
func acceptedNames() []string {
	var names []string
	for name := range why() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// registerAccepted makes the flags known to set. They are hidden from its usage: --help lists them by name only.
func registerAccepted(set *pflag.FlagSet) {
	for _, s := range standing {
		for name := range strings.FieldsSeq(s.texts) {
			set.StringArray(name, nil, "")
		}
		for name := range strings.FieldsSeq(s.durations) {
			set.Duration(name, 0, "")
		}
		for name := range strings.FieldsSeq(s.numbers) {
			set.Int(name, 0, "")
		}
		for name := range strings.FieldsSeq(s.switches) {
			set.Bool(name, false, "")
		}
	}
	for _, name := range acceptedNames() {
		set.Lookup(name).Hidden = true
	}
}

// ignoredFlags has one line for each flag that was given and has no effect.
func ignoredFlags(set *pflag.FlagSet) (lines []string) {
	reasons := why()
	set.Visit(func(f *pflag.Flag) {
		if reason := reasons[f.Name]; reason != "" {
			lines = append(lines, fmt.Sprintf("--%s is accepted but has no effect: %s", f.Name, reason))
		}
	})
	return lines
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// These are the original's flags that do nothing here yet, by what they take. They are taken, with a warning, so that existing
// command lines start, and refused where the original cannot read them.
//
// Those of the watch cache can have no effect: there is one cache for everything, which reads need, and which keeps changes by
// their age. Neither can the poll intervals of etcd's metrics: the numbers of objects and the size of the store are asked for
// when somebody reads the metrics.
const (
	acceptedTexts = `
	cors-allowed-origins emulated-version min-compatibility-version strict-transport-security-directives
	encryption-provider-config watch-cache-sizes tls-curve-preferences debug-socket-path
	egress-selector-config-file allow-metric-labels allow-metric-labels-manifest disabled-metrics
	show-hidden-metrics-for-version log-json-info-buffer-size log-text-info-buffer-size
	logging-format vmodule tracing-config-file endpoint-reconciler-type
	kubelet-certificate-authority kubelet-client-certificate kubelet-client-key kubelet-preferred-address-types
	peer-advertise-ip peer-advertise-port peer-ca-file proxy-client-cert-file proxy-client-key-file
	service-account-signing-endpoint
`
	acceptedDurations = `
	livez-grace-period shutdown-watch-termination-grace-period storage-initialization-timeout
	etcd-count-metric-poll-period etcd-db-metric-poll-interval log-flush-frequency
	coordinated-leadership-lease-duration coordinated-leadership-renew-deadline coordinated-leadership-retry-period
	kubelet-timeout
`
	acceptedNumbers = `
	delete-collection-workers default-watch-cache-size
	apiserver-count kubelet-port kubelet-read-only-port default-not-ready-toleration-seconds
	default-unreachable-toleration-seconds kubernetes-service-node-port max-connection-bytes-per-sec
`
	acceptedSwitches = `
	emulation-forward-compatible runtime-config-emulation-forward-compatible shutdown-send-retry-after
	enable-garbage-collector encryption-provider-config-automatic-reload watch-cache permit-address-sharing
	permit-port-sharing
	contention-profiling
	enable-priority-and-fairness profiling
	log-json-split-stream log-text-split-stream aggregator-reject-forwarding-redirect
	allow-privileged enable-aggregator-routing enable-logs-handler
`
)

// acceptedNames are all of them, sorted.
func acceptedNames() []string {
	names := strings.Fields(acceptedTexts + acceptedDurations + acceptedNumbers + acceptedSwitches)
	slices.Sort(names)
	return names
}

// registerAccepted makes the flags known to set. They are hidden from its usage: --help lists them by name only.
func registerAccepted(set *pflag.FlagSet) {
	for name := range strings.FieldsSeq(acceptedTexts) {
		set.StringArray(name, nil, "")
	}
	for name := range strings.FieldsSeq(acceptedDurations) {
		set.Duration(name, 0, "")
	}
	for name := range strings.FieldsSeq(acceptedNumbers) {
		set.Int(name, 0, "")
	}
	for name := range strings.FieldsSeq(acceptedSwitches) {
		set.Bool(name, false, "")
	}
	for _, name := range acceptedNames() {
		set.Lookup(name).Hidden = true
	}
}

// ignoredFlags has one line for each flag that was given and has no effect.
func ignoredFlags(set *pflag.FlagSet) (lines []string) {
	names := acceptedNames()
	set.Visit(func(f *pflag.Flag) {
		if _, found := slices.BinarySearch(names, f.Name); found {
			lines = append(lines, fmt.Sprintf("--%s is accepted but has no effect in this version", f.Name))
		}
	})
	return lines
}

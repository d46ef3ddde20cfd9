// Package controllers has the controllers that the server brings itself, so that it is of use without a controller-manager.
// Namespaces get their default service account and the config map with the server's authority; what is deleted takes along
// what belongs to it, and waits for those who use it. They hold to the rules of the real ones and bind what they do to the
// state that they have seen, which makes them harmless beside these and beside each other on several servers.
package controllers

import (
	"fmt"
	"slices"
	"strings"
)

// The controllers, by the controller-manager's names.
const (
	ServiceAccounts   = "serviceaccount-controller"
	RootCA            = "root-ca-certificate-publisher-controller"
	NamespaceDeletion = "namespace-controller"
	GarbageCollector  = "garbage-collector-controller"
	ClaimProtection   = "persistentvolumeclaim-protection-controller"
	VolumeProtection  = "persistentvolume-protection-controller"
	ClassProtection   = "volumeattributesclass-protection-controller"
	QuotaUsage        = "resourcequota-controller"
)

// aliases are the older names.
var aliases = map[string]string{
	"serviceaccount": ServiceAccounts, "root-ca-cert-publisher": RootCA, "namespace": NamespaceDeletion, "garbagecollector": GarbageCollector,
	"pvc-protection": ClaimProtection, "pv-protection": VolumeProtection, "resourcequota": QuotaUsage,
}

var all = []string{RootCA, ServiceAccounts, NamespaceDeletion, GarbageCollector, ClaimProtection, VolumeProtection, ClassProtection, QuotaUsage}

// Enabled says which controllers a list like the controller-manager's switches on: * for all, a name for one, a name
// behind a minus for not that one, which wins. The controller-manager's other names are not known here.
func Enabled(list []string) (func(name string) bool, error) {
	on, off, everything := map[string]bool{}, map[string]bool{}, false
	for _, item := range list {
		name, negated := strings.CutPrefix(item, "-")
		if name == "*" {
			everything = !negated
			continue
		}
		if full, ok := aliases[name]; ok {
			name = full
		}
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("%q is not in the list of known controllers", item)
		}
		if negated {
			off[name] = true
		} else {
			on[name] = true
		}
	}
	return func(name string) bool { return !off[name] && (on[name] || everything) }, nil
}

// Package controllers has the few controllers that the server brings itself, so that it is of use without a
// controller-manager: every namespace gets its default service account and the config map with the server's authority.
// They only add what is missing, which makes them harmless beside the real ones.
package controllers

import (
	"fmt"
	"slices"
	"strings"
)

// The controllers, by the controller-manager's names.
const (
	ServiceAccounts = "serviceaccount-controller"
	RootCA          = "root-ca-certificate-publisher-controller"
)

// aliases are the older names.
var aliases = map[string]string{"serviceaccount": ServiceAccounts, "root-ca-cert-publisher": RootCA}

var all = []string{RootCA, ServiceAccounts}

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

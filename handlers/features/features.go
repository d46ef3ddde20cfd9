// Package features knows which of the feature gates are on in one server. It reads what --feature-gates says as upstream
// does, with its errors; what the gates switch is told by package gen/features and by those who ask.
package features

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	gates "github.com/gatehouse-dev/gatehouse/gen/features"
	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// component is the part of the cluster whose gates these are; the only one in this process.
const component = "kube"

// Features are the gates of one server. They do not change. The zero value, and nil, have every gate as it is by default.
type Features struct {
	// set are the gates that differ from their default.
	set map[string]bool
}

// Parse reads the values of --feature-gates, each a list of name=true|false, where a name may have the prefix "kube:".
func Parse(values []string) (*Features, error) {
	wanted := map[string]bool{}
	prefixes := map[string]bool{}
	for _, value := range values {
		if err := read(value, wanted, prefixes); err != nil {
			return nil, err
		}
	}
	if len(prefixes) > 1 {
		return nil, errors.New("set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use")
	}
	f := &Features{set: map[string]bool{}}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		gate := find(name)
		if gate == nil {
			errs = append(errs, fmt.Errorf("unrecognized feature gate: %s", name))
			break
		}
		if gate.Locked && gate.Enabled != wanted[name] {
			errs = append(errs, fmt.Errorf("cannot set feature gate %s to %t, feature is locked to %t", name, wanted[name], gate.Enabled))
			continue
		}
		f.set[name] = wanted[name]
	}
	if len(errs) > 0 {
		return nil, utilerrors.NewAggregate(errs)
	}
	f.all("AllAlpha", "alpha")
	f.all("AllBeta", "beta")
	return f, f.needs()
}

// read adds what one value of the flag says. The prefix of a name holds for the names after it in the same value.
func read(value string, wanted, prefixes map[string]bool) error {
	prefix := ""
	for item := range strings.SplitSeq(value, ",") {
		if item == "" {
			continue
		}
		if before, after, found := strings.Cut(item, ":"); found {
			if prefix, item = before, after; prefix != "" && prefix != component {
				return fmt.Errorf("component not registered: %s", prefix)
			}
		}
		name, word, found := strings.Cut(item, "=")
		name, word = strings.TrimSpace(name), strings.TrimSpace(word)
		if !found {
			return fmt.Errorf("missing bool value for %s", name)
		}
		on, err := strconv.ParseBool(word)
		if err != nil {
			return fmt.Errorf("invalid value of %s=%s, err: %w", name, word, err)
		}
		wanted[name], prefixes[prefix] = on, true
	}
	return nil
}

// all switches the gates of a stage that were not switched by themselves.
func (f *Features) all(switched, stage string) {
	on, found := f.set[switched]
	if !found {
		return
	}
	for _, gate := range gates.Gates {
		if _, given := f.set[gate.Name]; !given && gate.Stage == stage && gate.Name != "AllAlpha" && gate.Name != "AllBeta" {
			f.set[gate.Name] = on
		}
	}
}

// needs finds gates that are on without what they need.
func (f *Features) needs() error {
	var errs []error
	for _, gate := range gates.Gates {
		if !f.Enabled(gate.Name) {
			continue
		}
		var off []string
		for _, need := range gate.Needs {
			if !f.Enabled(need) {
				off = append(off, need)
			}
		}
		if len(off) > 0 {
			errs = append(errs, fmt.Errorf("%s is enabled, but depends on features that are disabled: %v", gate.Name, off))
		}
	}
	return utilerrors.NewAggregate(errs)
}

// find is a known gate; nil for others.
func find(name string) *gates.Gate {
	i, found := slices.BinarySearchFunc(gates.Gates, name, func(g gates.Gate, name string) int { return strings.Compare(g.Name, name) })
	if !found {
		return nil
	}
	return &gates.Gates[i]
}

// Enabled says whether a gate is on; one that nobody knows is not.
func (f *Features) Enabled(name string) bool {
	if f != nil {
		if on, given := f.set[name]; given {
			return on
		}
	}
	gate := find(name)
	return gate != nil && gate.Enabled
}

// Off are the properties that the gates switch off.
func (f *Features) Off() (off gates.Set) {
	for bit, name := range gates.Of {
		if !f.Enabled(name) {
			off |= 1 << bit
		}
	}
	return off
}

// asked are the gates that other packages ask for by name.
var asked = []string{
	"APIResponseCompression", "APIServerIdentity", "AllAlpha", "AllBeta", "AllowInsecureKubeletCertificateSigningRequests", "AllowParsingUserUIDFromCertAuth",
	"ClusterTrustBundle", "ConstrainedImpersonation", "CrossNamespaceVolumeDataSource", "HPAScaleToZero", "InPlacePodVerticalScaling", "MutablePVNodeAffinity", "NodeDeclaredFeatures", "PodTopologyLabelsAdmission", "RelaxedServiceNameValidation",
	"RemoteRequestHeaderUID", "SELinuxMount", "ServiceAccountNodeAudienceRestriction", "TaintTolerationComparisonOperators", "UserNamespacesHostNetworkSupport",
	"VolumeAttributesClass", "WorkloadAwarePreemption",
}

// Idle are the gates that are not as they are by default although nothing here depends on them, sorted.
func (f *Features) Idle() (names []string) {
	for _, gate := range gates.Gates {
		if f.Enabled(gate.Name) == gate.Enabled || slices.Contains(gates.Of, gate.Name) || slices.Contains(asked, gate.Name) {
			continue
		}
		if !slices.ContainsFunc(resources.Rows, func(r resources.Row) bool { return r.Gate == gate.Name }) {
			names = append(names, gate.Name)
		}
	}
	return names
}

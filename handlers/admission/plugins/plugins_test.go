package plugins

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

func deps(world admissiontest.World) *Deps {
	return &Deps{
		Cached: world, Live: world, Authorizer: authz.AlwaysAllow{}, Enabled: func(string) bool { return true },
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

// Plugins that do nothing are in no chain.
var idle = []string{"AlwaysAdmit"}

// A plugin that the table says is here is in the chain when it is asked for, and not when it is turned off.
func TestPluginsThatAreHereRun(t *testing.T) {
	for _, p := range admission.Plugins {
		if !p.Here || slices.Contains(idle, p.Name) {
			continue
		}
		chain, err := New(deps(nil), &admission.Selection{Only: []string{p.Name}, Configured: configured(t)})
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		} else if names := chain.Names(); !slices.Equal(names, []string{p.Name}) {
			t.Errorf("%s alone makes a chain of %v", p.Name, names)
		}
	}
	if chain, err := New(deps(nil), &admission.Selection{Only: []string{}}); err != nil || len(chain.Names()) != 0 {
		t.Errorf("without plugins the chain has %v, %v", chain.Names(), err)
	}
	for name := range makers() {
		if p := admission.Find(name); p == nil || !p.Here {
			t.Errorf("%s is made and not said to be here", name)
		}
	}
}

// configured sets up the plugins that do not run without.
func configured(t *testing.T) map[string]admission.Configured {
	t.Helper()
	kubeconfig := imageBackend(t, new(atomic.Int32), new(atomic.Value))
	return map[string]admission.Configured{
		"EventRateLimit":     {Content: []byte(eventLimits + "- {type: Server, qps: 1, burst: 1}")},
		"ImagePolicyWebhook": {Content: fmt.Appendf(nil, "imagePolicy: {kubeConfigFile: %q}", kubeconfig)},
	}
}

// The order is upstream's, whatever the order of the flags.
func TestOrder(t *testing.T) {
	const want = "NamespaceAutoProvision NamespaceLifecycle NamespaceExists SecurityContextDeny LimitPodHardAntiAffinityTopology LimitRanger ServiceAccount " +
		"NodeRestriction TaintNodesByCondition AlwaysPullImages ImagePolicyWebhook PodSecurity PodNodeSelector Priority DefaultTolerationSeconds PodTolerationRestriction " +
		"DenyEscalatingExec DenyExecOnPrivileged EventRateLimit ExtendedResourceToleration DefaultStorageClass StorageObjectInUseProtection PodGroupProtection " +
		"OwnerReferencesPermissionEnforcement PersistentVolumeClaimResize RuntimeClass CertificateApproval CertificateSigning ClusterTrustBundleAttest " +
		"CertificateSubjectRestriction DefaultIngressClass DenyServiceExternalIPs PodTopologyLabels PodGroupWorkloadExists NodeDeclaredFeatureValidator " +
		"JobValidation PodResizeValidator ResourceQuota AlwaysDeny"
	var all []string
	for _, p := range admission.Plugins {
		if p.Here {
			all = append([]string{p.Name}, all...)
		}
	}
	chain, err := New(deps(nil), &admission.Selection{Only: all, Configured: configured(t)})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(chain.Names(), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A plugin that is wrongly set up ends the start.
func TestNewRefuses(t *testing.T) {
	_, err := New(deps(nil), &admission.Selection{Only: []string{"Priority", "EventRateLimit"}})
	admissiontest.Check(t, "no limits", err, `couldn't init admission plugin "EventRateLimit": limits: Invalid value`)
}

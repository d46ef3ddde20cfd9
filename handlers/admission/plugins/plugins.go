// Package plugins has the admission plugins that need no package of their own, one in each file, and makes the chain of all.
package plugins

import (
	"fmt"
	"log/slog"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/noderestriction"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/podsecurity"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Deps are what plugins are made of.
type Deps struct {
	// Cached finds objects as upstream's plugins find them in their informers, Live as they read them from the API.
	Cached, Live lookup.Reader
	Write        resource.Writer
	Authorizer   authz.Authorizer
	// Kinds are the resources of a kind; none when it is not served.
	Kinds func(schema.GroupVersionKind) []*resource.Resource
	// Enabled says whether a feature gate is on.
	Enabled func(gate string) bool
	Log     *slog.Logger
	Now     func() time.Time
	// Settings are those of flags.
	Settings admission.Settings
	// Meter may be nil.
	Meter admission.Meter
	// PodSecurity counts what that plugin decides; nil counts nothing.
	PodSecurity podsecurity.Recorder
	// Charger charges quotas. The controller of their usage asks it, too.
	Charger *resourcequota.Charger
	// Convert finds how objects are converted between versions of their kind; nil where there is no way.
	Convert func(from, to schema.GroupVersionKind) resource.Converter
}

// maker makes a plugin from its configuration, which is empty for most, and refuses one that is wrong.
type maker func(*Deps, admission.Configured) (any, error)

// makers has a maker for each plugin that is here and has something to do.
func makers() map[string]maker {
	return map[string]maker{
		"NamespaceLifecycle": simple(func(d *Deps) any { return &NamespaceLifecycle{Namespaces: d.Live} }),
		"NodeRestriction": simple(func(d *Deps) any {
			return &noderestriction.Plugin{Objects: d.Live, MayRequest: mayRequest(d.Authorizer), Enabled: d.Enabled}
		}),
		"PodSecurity":                          podSecurity,
		"ResourceQuota":                        resourceQuota,
		"NamespaceAutoProvision":               simple(newNamespaceAutoProvision),
		"NamespaceExists":                      simple(newNamespaceExists),
		"LimitPodHardAntiAffinityTopology":     simple(newAntiAffinity),
		"LimitRanger":                          simple(newLimitRanger),
		"ServiceAccount":                       simple(newServiceAccount),
		"ImagePolicyWebhook":                   newImagePolicyWebhook,
		"EventRateLimit":                       newEventRateLimit,
		"TaintNodesByCondition":                simple(newTaintNodes),
		"AlwaysPullImages":                     simple(newAlwaysPullImages),
		"PodNodeSelector":                      newPodNodeSelector,
		"Priority":                             simple(newPriority),
		"DefaultTolerationSeconds":             simple(newDefaultTolerationSeconds),
		"PodTolerationRestriction":             newPodTolerationRestriction,
		"ExtendedResourceToleration":           simple(newExtendedResourceToleration),
		"DefaultStorageClass":                  simple(newDefaultStorageClass),
		"StorageObjectInUseProtection":         simple(newStorageProtection),
		"PodGroupProtection":                   simple(newPodGroupProtection),
		"PersistentVolumeClaimResize":          simple(newClaimResize),
		"RuntimeClass":                         simple(newRuntimeClass),
		"CertificateApproval":                  simple(newCertificateApproval),
		"CertificateSigning":                   simple(newCertificateSigning),
		"ClusterTrustBundleAttest":             simple(newClusterTrustBundleAttest),
		"CertificateSubjectRestriction":        simple(newCertificateSubjectRestriction),
		"DefaultIngressClass":                  simple(newDefaultIngressClass),
		"DenyServiceExternalIPs":               simple(newDenyServiceExternalIPs),
		"PodTopologyLabels":                    simple(newPodTopologyLabels),
		"PodGroupWorkloadExists":               simple(newPodGroupWorkloadExists),
		"JobValidation":                        simple(newJobValidation),
		"PodResizeValidator":                   simple(newPodResizeValidator),
		"NodeDeclaredFeatureValidator":         simple(newNodeDeclaredFeatures),
		"DenyEscalatingExec":                   simple(newDenyEscalatingExec),
		"DenyExecOnPrivileged":                 simple(newDenyExecOnPrivileged),
		"SecurityContextDeny":                  simple(newSecurityContextDeny),
		"OwnerReferencesPermissionEnforcement": simple(newOwnerReferences),
		"AlwaysDeny":                           simple(newAlwaysDeny),
	}
}

// simple is the maker of a plugin that has no configuration.
func simple(make func(*Deps) any) maker {
	return func(d *Deps, _ admission.Configured) (any, error) { return make(d), nil }
}

// New makes the plugins that a selection has run, in their order. When one cannot be made, those before it are closed.
func New(d *Deps, s *admission.Selection) (*admission.Chain, error) {
	known := makers()
	var made []admission.Named
	for _, p := range admission.Plugins {
		maker := known[p.Name]
		if maker == nil || !s.Runs(p.Name) {
			continue
		}
		plugin, err := maker(d, s.Configured[p.Name])
		if err != nil {
			_ = admission.NewChain(nil, made...).Close()
			return nil, fmt.Errorf("couldn't init admission plugin %q: %w", p.Name, err)
		}
		made = append(made, admission.Named{Name: p.Name, Plugin: plugin})
	}
	return admission.NewChain(d.Meter, made...), nil
}

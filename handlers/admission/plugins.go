package admission

import "slices"

// Plugin is an admission plugin of upstream's 1.36.
type Plugin struct {
	Name string
	// On says that it runs unless it is disabled.
	On bool
	// Here says that this server has it. One that was told to run another must not start: all of those guard something.
	Here bool
	// Old says that upstream had it in earlier versions only.
	Old bool
}

// gone are plugins of earlier versions that no server has, with what took their place.
var gone = map[string]string{
	"PodSecurityPolicy":     "the admission plugin PodSecurityPolicy is gone since Kubernetes 1.25: its place was taken by PodSecurity, which goes by labels of namespaces, and by validating admission policies",
	"PodPreset":             "the admission plugin PodPreset is gone since Kubernetes 1.20: its place was taken by mutating admission policies and webhooks",
	"PersistentVolumeLabel": "the admission plugin PersistentVolumeLabel is gone since Kubernetes 1.31: its place was taken by the controllers of clouds, and by storage drivers that say where their volumes are",
}

// Plugins are all of them, in the order in which they run.
var Plugins = []Plugin{
	{Name: "AlwaysAdmit", Here: true},
	{Name: "NamespaceAutoProvision", Here: true},
	{Name: "NamespaceLifecycle", On: true, Here: true},
	{Name: "NamespaceExists", Here: true},
	{Name: "SecurityContextDeny", Here: true, Old: true},
	{Name: "LimitPodHardAntiAffinityTopology", Here: true},
	{Name: "LimitRanger", On: true, Here: true},
	{Name: "ServiceAccount", On: true, Here: true},
	{Name: "NodeRestriction", Here: true},
	{Name: "TaintNodesByCondition", On: true, Here: true},
	{Name: "AlwaysPullImages", Here: true},
	{Name: "ImagePolicyWebhook", Here: true},
	{Name: "PodSecurity", On: true, Here: true},
	{Name: "PodNodeSelector", Here: true},
	{Name: "Priority", On: true, Here: true},
	{Name: "DefaultTolerationSeconds", On: true, Here: true},
	{Name: "PodTolerationRestriction", Here: true},
	{Name: "DenyEscalatingExec", Here: true, Old: true},
	{Name: "DenyExecOnPrivileged", Here: true, Old: true},
	{Name: "EventRateLimit", Here: true},
	{Name: "ExtendedResourceToleration", Here: true},
	{Name: "DefaultStorageClass", On: true, Here: true},
	{Name: "StorageObjectInUseProtection", On: true, Here: true},
	{Name: "PodGroupProtection", On: true, Here: true},
	{Name: "OwnerReferencesPermissionEnforcement", Here: true},
	{Name: "PersistentVolumeClaimResize", On: true, Here: true},
	{Name: "RuntimeClass", On: true, Here: true},
	{Name: "CertificateApproval", On: true, Here: true},
	{Name: "CertificateSigning", On: true, Here: true},
	{Name: "ClusterTrustBundleAttest", On: true, Here: true},
	{Name: "CertificateSubjectRestriction", On: true, Here: true},
	{Name: "DefaultIngressClass", On: true, Here: true},
	{Name: "DenyServiceExternalIPs", Here: true},
	{Name: "PodTopologyLabels", On: true, Here: true},
	{Name: "PodGroupWorkloadExists", On: true, Here: true},
	{Name: "NodeDeclaredFeatureValidator", On: true, Here: true},
	{Name: "JobValidation", On: true, Here: true},
	{Name: "PodResizeValidator", On: true, Here: true},
	{Name: "MutatingAdmissionPolicy", On: true},
	{Name: "MutatingAdmissionWebhook", On: true},
	{Name: "ValidatingAdmissionPolicy", On: true},
	{Name: "ValidatingAdmissionWebhook", On: true},
	{Name: "ResourceQuota", On: true, Here: true},
	{Name: "AlwaysDeny", Here: true},
}

// Find is the plugin of a name; nil for unknown ones.
func Find(name string) *Plugin {
	i := slices.IndexFunc(Plugins, func(p Plugin) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &Plugins[i]
}

package admission

import "slices"

// Plugin is an admission plugin of upstream's 1.36.
type Plugin struct {
	Name string
	// On says that it runs unless it is disabled.
	On bool
	// Here says that this server has it.
	Here bool
	// Guards says that it refuses requests or makes them safer. A server that was told to run one and lacks it must not start.
	// The others fill in what a writer left out.
	Guards bool
}

// Plugins are all of them, in the order in which they run.
var Plugins = []Plugin{
	{Name: "AlwaysAdmit", Here: true},
	{Name: "NamespaceAutoProvision"},
	{Name: "NamespaceLifecycle", On: true, Here: true, Guards: true},
	{Name: "NamespaceExists", Guards: true},
	{Name: "LimitPodHardAntiAffinityTopology", Guards: true},
	{Name: "LimitRanger", On: true, Guards: true},
	{Name: "ServiceAccount", On: true, Guards: true},
	{Name: "NodeRestriction", Here: true, Guards: true},
	{Name: "TaintNodesByCondition", On: true},
	{Name: "AlwaysPullImages", Guards: true},
	{Name: "ImagePolicyWebhook", Guards: true},
	{Name: "PodSecurity", On: true, Here: true, Guards: true},
	{Name: "PodNodeSelector", Guards: true},
	{Name: "Priority", On: true, Guards: true},
	{Name: "DefaultTolerationSeconds", On: true},
	{Name: "PodTolerationRestriction", Guards: true},
	{Name: "EventRateLimit", Guards: true},
	{Name: "ExtendedResourceToleration"},
	{Name: "DefaultStorageClass", On: true},
	{Name: "StorageObjectInUseProtection", On: true, Guards: true},
	{Name: "PodGroupProtection", On: true, Guards: true},
	{Name: "OwnerReferencesPermissionEnforcement", Guards: true},
	{Name: "PersistentVolumeClaimResize", On: true, Guards: true},
	{Name: "RuntimeClass", On: true, Guards: true},
	{Name: "CertificateApproval", On: true, Guards: true},
	{Name: "CertificateSigning", On: true, Guards: true},
	{Name: "ClusterTrustBundleAttest", On: true, Guards: true},
	{Name: "CertificateSubjectRestriction", On: true, Guards: true},
	{Name: "DefaultIngressClass", On: true},
	{Name: "DenyServiceExternalIPs", Guards: true},
	{Name: "PodTopologyLabels", On: true},
	{Name: "PodGroupWorkloadExists", On: true, Guards: true},
	{Name: "NodeDeclaredFeatureValidator", On: true, Guards: true},
	{Name: "JobValidation", On: true, Guards: true},
	{Name: "PodResizeValidator", On: true, Guards: true},
	{Name: "MutatingAdmissionPolicy", On: true, Guards: true},
	{Name: "MutatingAdmissionWebhook", On: true, Guards: true},
	{Name: "ValidatingAdmissionPolicy", On: true, Guards: true},
	{Name: "ValidatingAdmissionWebhook", On: true, Guards: true},
	{Name: "ResourceQuota", On: true, Here: true, Guards: true},
	{Name: "AlwaysDeny", Guards: true},
}

// Find is the plugin of a name; nil for unknown ones.
func Find(name string) *Plugin {
	i := slices.IndexFunc(Plugins, func(p Plugin) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &Plugins[i]
}

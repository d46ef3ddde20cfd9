package validation

// structRules judge a struct whose fields explain each other. They are named in the model beside the schema or property
// (x-rules) and hold wherever it is used.
var structRules = map[string]rule{
	"env-field":        whole(envField),
	"volume-field":     whole(volumeField),
	"env-resource":     whole(envResource),
	"volume-resource":  whole(volumeResource),
	"required-term":    whole(requiredTerm),
	"preferred-term":   whole(preferredTerm),
	"toleration":       whole(toleration),
	"seccomp":          whole(seccomp),
	"app-armor":        whole(appArmor),
	"windows-options":  whole(windowsOptions),
	"dns-config":       whole(dnsConfig),
	"restart-rule":     whole(restartRule),
	"policy-rule":      whole(policyRule),
	"rbac-subject":     whole(rbacSubject),
	"namespaced-rule":  whole(namespacedRule),
	"cluster-subject":  whole(clusterSubject),
	"role-ref":         whole(roleRef),
	"cluster-role-ref": whole(clusterRoleRef),
	"template-meta":    whole(templateMeta),
	"topology-key":     topologyKey,
	"token-projection": whole(tokenProjection),
}

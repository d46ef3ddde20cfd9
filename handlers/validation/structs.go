package validation

// structRules judge a struct whose fields explain each other. They are named in the model beside the schema or property
// (x-rules) and hold wherever it is used.
var structRules = map[string]rule{
	"env-field":         whole(envField),
	"volume-field":      whole(volumeField),
	"env-resource":      whole(envResource),
	"volume-resource":   whole(volumeResource),
	"required-term":     whole(requiredTerm),
	"preferred-term":    whole(preferredTerm),
	"toleration":        whole(toleration),
	"seccomp":           whole(seccomp),
	"app-armor":         whole(appArmor),
	"windows-options":   whole(windowsOptions),
	"dns-config":        whole(dnsConfig),
	"restart-rule":      whole(restartRule),
	"template-meta":     whole(templateMeta),
	"csi-driver":        csiDriver,
	"csi-volume":        whole(csiVolume),
	"nfs-path":          nfsPath,
	"downward-file":     whole(downwardFile),
	"ephemeral-claim":   whole(ephemeralClaim),
	"iscsi-volume":      whole(iscsiVolume),
	"fc-volume":         whole(fcVolume),
	"pod-claim":         whole(podClaim),
	"deploy-strategy":   whole(deploymentStrategy),
	"daemon-strategy":   whole(daemonSetStrategy),
	"stateful-strategy": whole(statefulSetStrategy),
	"pod-management":    podManagement,
	"topology-key":      topologyKey,
	"token-projection":  whole(tokenProjection),
}

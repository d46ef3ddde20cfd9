package podspec

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// FieldRules are the rules that the model names in the types that pods are made from.
var FieldRules = rules.Table{
	Rules: map[string]rules.Rule{
		// containers
		"env-field":          rules.Whole(envField),
		"env-resource":       rules.Whole(envResource),
		"container-resource": rules.Whole(containerResources),
		"restart-rule":       rules.Whole(restartRule),
		// security contexts
		"seccomp":         rules.Whole(seccomp),
		"app-armor":       rules.Whole(appArmor),
		"windows-options": rules.Whole(windowsOptions),
		"sysctl-name":     rules.Text(nil, sysctlName),
		// placement
		"required-term":  rules.Whole(requiredTerm),
		"preferred-term": rules.Whole(preferredTerm),
		"weight":         rules.Between(1, 100, "must be in the range 1-100"),
		"topology-key":   rules.Text(rules.QuickQualified, topologyKey),
		"toleration":     rules.Whole(toleration),
		// volumes
		"access-modes":     rules.Whole(accessModes),
		"csi-driver":       rules.Text(quickDriver, kind.DriverTitle),
		"csi-volume":       rules.Whole(csiVolume),
		"downward-file":    rules.Whole(downwardFile),
		"ephemeral-claim":  rules.Whole(ephemeralClaim),
		"fc-volume":        rules.Whole(fcVolume),
		"file-mode":        rules.Between(0, 0o777, "must be a number between 0 and 0777 (octal), both inclusive"),
		"iscsi-volume":     rules.Whole(iscsiVolume),
		"nfs-path":         rules.Text(nil, nfsPath),
		"size-limit":       rules.Whole(sizeLimit),
		"token-projection": rules.Whole(tokenProjection),
		"volume-field":     rules.Whole(volumeField),
		"volume-resource":  rules.Whole(volumeResource),
		// other parts of a pod
		"dns-config":    rules.Whole(resolverBounds),
		"pod-claim":     rules.Whole(podClaim),
		"template-meta": rules.Whole(templateMeta),
	},
	Details: map[string]string{"term": "must have at least one node selector term"},
	Path:    reportedPath,
}

// fieldRules judge parts of a pod outside of the walk over the whole object.
var fieldRules = sync.OnceValue(func() *rules.Rules { return rules.New(FieldRules) })

// NodeSelector applies the field rules of a node selector that the walk over its object does not reach.
func NodeSelector(s *corev1.NodeSelector, path *field.Path) field.ErrorList {
	return fieldRules().Part(s, path)
}

// listLevel are fields of list items whose faults upstream reports at the list itself, without the item's index.
var listLevel = []struct{ list, field, report string }{
	{"httpHeaders", "name", "httpHeaders"},
	{"volumeMounts", "mountPropagation", "volumeMounts.mountPropagation"},
	{"volumeMounts", "recursiveReadOnly", "volumeMounts.recursiveReadOnly"},
	{"resizePolicy", "resourceName", "resizePolicy"},
	{"resizePolicy", "restartPolicy", "resizePolicy"},
}

// itemLevel are fields whose faults upstream reports at the item that contains them.
var itemLevel = map[string]bool{"schedulingGates.name": true, "options.name": true, "claims.name": true}

// reportedPath is the path that upstream reports for a place in a pod spec.
func reportedPath(place string) string {
	// Files of the downward API are reported at their volume.
	if head, rest, ok := strings.Cut(place, "downwardAPI.items["); ok {
		if _, tail, ok := strings.Cut(rest, "]"); ok {
			place = head + "downwardAPI" + tail
		}
	}
	// What a pod needs beside its containers is judged as the limits of one.
	if strings.HasSuffix(place, "spec.overhead") {
		place += ".limits"
	}
	// The internal type still has the disk's first name.
	place = strings.Replace(place, "gcePersistentDisk.", "persistentDisk.", 1)
	parent, last := "", place
	if i := strings.LastIndexByte(place, '.'); i >= 0 {
		parent, last = place[:i], place[i+1:]
	}
	list := parent[strings.LastIndexByte(parent, '.')+1:]
	if i := strings.IndexByte(list, '['); i >= 0 {
		head := parent[:len(parent)-len(list)]
		name := list[:i]
		for _, q := range listLevel {
			if name == q.list && last == q.field {
				return head + q.report
			}
		}
		if itemLevel[name+"."+last] {
			return parent
		}
	}
	// Namespaces of an affinity term are reported without an index, in the singular.
	if strings.HasPrefix(last, "namespaces[") {
		return parent + ".namespace"
	}
	return place
}

package core

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's, found with test/mutate.
func TestRulesOfParts(t *testing.T) {
	const subdomainText = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v1", "resourcequotas", `{spec: {hard: {cpu: 1, pods: 2}, scopes: [BestEffort]}}`, "", []string{
			`spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource`}),
		kindtest.New("v1", "resourcequotas", `{spec: {hard: {pods: 1}, scopes: [Terminating, NotTerminating, X]}}`, "", []string{
			`spec.scopes: Invalid value: ["Terminating","NotTerminating","X"]: unsupported scope`,
			`spec.scopes: Invalid value: ["Terminating","NotTerminating","X"]: conflicting scopes`}),
		kindtest.New("v1", "resourcequotas", `{spec: {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In}, {scopeName: PriorityClass, operator: Exists, values: [a]}, {scopeName: PriorityClass, operator: X}]}}}`, "", []string{
			"spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
			`spec.scopeSelector.matchExpressions.values: Invalid value: ["a"]: must be no value when ` + "`operator` is 'Exist' or 'DoesNotExist' for scope selector",
			`spec.scopeSelector.matchExpressions.operator: Invalid value: "X": not a valid selector operator`}),
		kindtest.New("v1", "limitranges", `{spec: {limits: [{type: Container, max: {cpu: 1}, min: {cpu: 2}}, {type: Container, defaultRequest: {a.b/c: 1}, default: {a.b/c: 2}}]}}`, "", []string{
			`spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1`,
			`spec.limits[1].type: Duplicate value: "Container"`,
			`spec.limits[1].defaultRequest[a.b/c]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in a.b/c`}),
		kindtest.New("v1", "limitranges", `{spec: {limits: [{type: Pod, default: {cpu: 1}}, {type: PersistentVolumeClaim}, {type: X}, {type: a.b/c, min: {a: 1}, maxLimitRequestRatio: {cpu: 100m}}]}}`, "", []string{
			"spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
			"spec.limits[1].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
			`spec.limits[2].type: Invalid value: "X": must be a standard limit type or fully qualified`,
			`spec.limits[3].min[a]: Invalid value: "a": must be a standard resource type or fully qualified`,
			`spec.limits[3].maxLimitRequestRatio[cpu]: Invalid value: "100m": ratio 100m is less than 1`}),
		kindtest.New("v1", "limitranges", `{spec: {limits: [{type: Container, max: {cpu: 2}, min: {cpu: 1}, maxLimitRequestRatio: {cpu: 3}}]}}`, "", []string{
			`spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000`}),
		kindtest.New("v1", "persistentvolumes", `{spec: {accessModes: [ReadWriteOnce], capacity: {storage: 0}, volumeAttributesClassName: "", local: {}}}`, "", []string{
			`spec.capacity[storage]: Invalid value: "0": must be greater than zero`,
			"spec.local.path: Required value", "spec.nodeAffinity: Required value: Local volume requires node affinity",
			"spec.volumeAttributesClassName: Required value: an empty string is disallowed",
			"spec.csi: Required value: has to be specified when using volumeAttributesClassName"}),
		kindtest.New("v1", "persistentvolumes", `{spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1}, csi: {nodePublishSecretRef: {name: a}}}}`, "", []string{
			"spec.csi.driver: Required value", "spec.csi.volumeHandle: Required value", "spec.csi.nodePublishSecretRef.namespace: Required value"}),
		kindtest.New("v1", "persistentvolumeclaims", `{spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, dataSource: {kind: X, name: a}, dataSourceRef: {apiGroup: A, kind: X, namespace: b}}}`, "", []string{
			"spec: Invalid value: {}: may not be specified when dataSourceRef.namespace is specified",
			`spec.dataSource: Invalid value: "X": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
			"spec.dataSourceRef.name: Required value", `spec.dataSourceRef.apiGroup: Invalid value: "A": ` + subdomainText}),
		kindtest.New("v1", "endpoints", `{subsets: [{}, {addresses: [{ip: 127.0.0.1}, {ip: x}], ports: [{port: 1}, {port: 2, name: a}]}]}`, "", []string{
			"subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
			`subsets[1].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`,
			`subsets[1].addresses[1].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
			`subsets[1].addresses[1].ip: Invalid value: "x": must be a valid IP address`,
			"subsets[1].ports[0].name: Required value"}),
		kindtest.New("v1", "nodes", `{spec: {podCIDRs: [10.0.0.0/24, 10.1.0.0/24]}}`, "", []string{
			`spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family`}),
	})
}

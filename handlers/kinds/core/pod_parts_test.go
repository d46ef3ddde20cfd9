package core

import (
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

func TestPodParts(t *testing.T) {
	s := hooks(t, "v1", "pods", "")
	for name, c := range map[string]struct {
		spec string
		want []string
	}{
		"a pause as long as there is time": {spec: "{terminationGracePeriodSeconds: 5, containers: [{name: a, lifecycle: {preStop: {sleep: {seconds: 5}}}}]}"},
		"a pause that is too long": {spec: "{terminationGracePeriodSeconds: -3, containers: [{name: a, lifecycle: {postStart: {sleep: {seconds: 2}}}}]}",
			want: []string{"spec.containers[0].lifecycle.postStart.sleep: Invalid value: 2: must be non-negative and less than terminationGracePeriodSeconds (1)"}},
		"no system": {spec: "{os: {}, containers: [{name: a}]}", want: []string{"spec.os.name: Required value"}},
		"another system": {spec: "{os: {name: plan9}, containers: [{name: a}]}",
			want: []string{`spec.os: Unsupported value: "plan9": supported values: "linux", "windows"`}},
		"linux with what windows has": {spec: "{os: {name: linux}, securityContext: {windowsOptions: {}}, containers: [{name: a, securityContext: {windowsOptions: {}}}]}",
			want: []string{"spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
				"spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"}},
		"windows with what linux has": {spec: "{os: {name: windows}, hostPID: true, shareProcessNamespace: false, securityContext: {runAsUser: 1, fsGroup: 1, appArmorProfile: {type: Unconfined}}, containers: [{name: a, securityContext: {privileged: false}}]}",
			want: []string{"spec.securityContext.appArmorProfile: Forbidden: cannot be set for a windows pod",
				"spec.hostPID: Forbidden: cannot be set for a windows pod",
				"spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
				"spec.shareProcessNamespace: Forbidden: cannot be set for a windows pod",
				"spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
				"spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod"}},
		"processes of the host": {spec: "{hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a}]}"},
		"some processes of the host": {spec: "{containers: [{name: a}, {name: b, securityContext: {windowsOptions: {hostProcess: true}}}]}",
			want: []string{`spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers`,
				"spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers"}},
		"a container that is not as its pod": {spec: "{securityContext: {windowsOptions: {hostProcess: false}}, hostNetwork: true, containers: [{name: b, securityContext: {windowsOptions: {hostProcess: true}}}]}",
			want: []string{"spec.containers[0].securityContext.windowsOptions.hostProcess: Invalid value: true: pod hostProcess value must be identical if both are specified, was false"}},
		"sidecars count": {spec: `{resources: {requests: {cpu: 2}}, initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}, {name: i, resources: {requests: {cpu: 1500m}}}], containers: [{name: a, resources: {requests: {cpu: 1}}}]}`,
			want: []string{`spec.resources.requests[cpu]: Invalid value: "2": must be greater than or equal to aggregate container requests of 2500m`}},
		"less for the pod than for a container": {spec: `{resources: {limits: {cpu: 1}}, containers: [{name: a, resources: {limits: {cpu: 2}}}]}`,
			want: []string{`spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1`}},
		"two types of volume": {spec: "{volumes: [{name: v, emptyDir: {}, hostPath: {path: /}}], containers: [{name: a}]}",
			want: []string{"spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"}},
		"a volume that is none is not there": {spec: "{volumes: [{name: v, configMap: {}}], containers: [{name: a, volumeMounts: [{name: v, mountPath: /v}]}]}",
			want: []string{`spec.containers[0].volumeMounts[0].name: Not found: "v"`}},
		"the same place twice": {spec: "{volumes: [{name: v, projected: {sources: [{secret: {name: s, items: [{key: k, path: p}]}}, {downwardAPI: {items: [{path: p}]}}]}}], containers: [{name: a}]}",
			want: []string{`spec.volumes[0].projected: Invalid value: "p": conflicting duplicate paths`}},
		"a disk without a place": {spec: "{volumes: [{name: v, azureDisk: {diskName: d, diskURI: u, kind: Managed}}], containers: [{name: a}]}",
			want: []string{`spec.volumes[0].azureDisk.diskURI: Unsupported value: "u": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"`}},
		"a claim whose name is too long": {spec: "{volumes: [{name: a.b/c, ephemeral: {}}], containers: [{name: a}]}",
			want: []string{"spec.volumes[0].name: Invalid value: \"a.b/c\": PVC name \"p-a.b/c\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := kindtest.Verdict(s, podOf(t, c.spec), nil); !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}

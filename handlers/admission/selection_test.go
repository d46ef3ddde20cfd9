package admission

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSelection(t *testing.T) {
	for _, c := range []struct {
		name      string
		selection Selection
		faults    []string
		runs      []string
	}{
		{name: "nothing is asked for", runs: []string{"NamespaceLifecycle"}},
		{name: "what is here", selection: Selection{Enable: []string{"NamespaceLifecycle", "AlwaysAdmit"}}, runs: []string{"AlwaysAdmit", "NamespaceLifecycle"}},
		{name: "what is here is turned off", selection: Selection{Disable: []string{"NamespaceLifecycle", "MutatingAdmissionPolicy"}}},
		{name: "a list of all", selection: Selection{Only: []string{"AlwaysAdmit"}}, runs: []string{"AlwaysAdmit"}},
		{name: "an empty list of all", selection: Selection{Only: []string{}}},
		{
			name:      "unknown names",
			selection: Selection{Enable: []string{"Nosuch"}, Disable: []string{"nodeRestriction"}},
			faults:    []string{`enable-admission-plugins plugin "Nosuch" is unknown`, `disable-admission-plugins plugin "nodeRestriction" is unknown`},
			runs:      []string{"NamespaceLifecycle"},
		},
		{
			name:      "an unknown name in the old flag",
			selection: Selection{Only: []string{"Nosuch"}},
			faults:    []string{`admission-control plugin "Nosuch" is unknown`},
		},
		{
			name:      "both flags",
			selection: Selection{Only: []string{"AlwaysAdmit"}, Disable: []string{"AlwaysDeny"}},
			faults:    []string{"admission-control and enable-admission-plugins/disable-admission-plugins flags are mutually exclusive"},
			runs:      []string{"AlwaysAdmit"},
		},
		{
			name:      "on and off",
			selection: Selection{Enable: []string{"NamespaceLifecycle", "AlwaysAdmit"}, Disable: []string{"NamespaceLifecycle"}},
			faults:    []string{"[NamespaceLifecycle] in enable-admission-plugins and disable-admission-plugins overlapped"},
			runs:      []string{"AlwaysAdmit", "NamespaceLifecycle"},
		},
		{
			name:      "what is not here",
			selection: Selection{Enable: []string{"ValidatingAdmissionWebhook", "MutatingAdmissionPolicy", "AlwaysPullImages"}},
			faults:    []string{"the admission plugin MutatingAdmissionPolicy is not part of this version", "the admission plugin ValidatingAdmissionWebhook is not part of this version"},
			runs:      []string{"AlwaysPullImages", "NamespaceLifecycle"},
		},
		{
			name:      "what is not here in the old flag",
			selection: Selection{Only: []string{"NamespaceLifecycle", "MutatingAdmissionPolicy"}},
			faults:    []string{"the admission plugin MutatingAdmissionPolicy is not part of this version"},
			runs:      []string{"NamespaceLifecycle"},
		},
		{
			name:      "what is not here is set up",
			selection: Selection{Configured: map[string]Configured{"MutatingAdmissionPolicy": {}}},
			faults:    []string{"or add --disable-admission-plugins=MutatingAdmissionPolicy"},
			runs:      []string{"NamespaceLifecycle"},
		},
		{
			name:      "what does not run is set up",
			selection: Selection{Configured: map[string]Configured{"EventRateLimit": {}, "Nosuch": {}, "MutatingAdmissionPolicy": {}}, Disable: []string{"MutatingAdmissionPolicy"}},
			runs:      []string{"NamespaceLifecycle"},
		},
		{
			name:      "what is gone",
			selection: Selection{Enable: []string{"PodSecurityPolicy"}, Disable: []string{"PodPreset"}},
			faults:    []string{"its place was taken by PodSecurity,", "its place was taken by mutating admission policies"},
			runs:      []string{"NamespaceLifecycle"},
		},
		{
			name:      "what is gone in the old flag",
			selection: Selection{Only: []string{"PersistentVolumeLabel"}},
			faults:    []string{"its place was taken by the controllers of clouds"},
		},
		{
			name:      "what upstream had in earlier versions",
			selection: Selection{Enable: []string{"SecurityContextDeny", "DenyEscalatingExec", "DenyExecOnPrivileged"}},
			runs:      []string{"NamespaceLifecycle", "SecurityContextDeny", "DenyEscalatingExec", "DenyExecOnPrivileged"},
		},
	} {
		faults := c.selection.Faults()
		if len(faults) != len(c.faults) {
			t.Errorf("%s: faults %q, want %q", c.name, faults, c.faults)
		}
		for i := range min(len(faults), len(c.faults)) {
			if !strings.Contains(faults[i], c.faults[i]) {
				t.Errorf("%s: fault %q, want %q", c.name, faults[i], c.faults[i])
			}
		}
		var runs []string
		for _, p := range Plugins {
			if byDefault := p.On && p.Name != "NamespaceLifecycle"; !byDefault && c.selection.Runs(p.Name) {
				runs = append(runs, p.Name)
			}
		}
		if !slices.Equal(slices.Sorted(slices.Values(runs)), slices.Sorted(slices.Values(c.runs))) {
			t.Errorf("%s: runs %q, want %q", c.name, runs, c.runs)
		}
	}
}

// The names of 1.36, their order and which are on, as upstream prints them; earlier names stand between them.
func TestPlugins(t *testing.T) {
	var names, on []string
	for _, p := range Plugins {
		if p.Old {
			continue
		}
		names = append(names, p.Name)
		if p.On {
			on = append(on, p.Name)
		}
	}
	if len(names) != 41 || len(on) != 27 || names[0] != "AlwaysAdmit" || names[40] != "AlwaysDeny" || names[39] != "ResourceQuota" {
		t.Errorf("%d names, %d on: %v", len(names), len(on), names)
	}
}

func TestReadConfiguration(t *testing.T) {
	for _, c := range []struct {
		name, text, fault string
		want              []string
	}{
		{"plugins", "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: PodSecurity\n  configuration: {kind: PodSecurityConfiguration}\n- name: EventRateLimit\n  path: limits.yaml\n", "", []string{"PodSecurity", "EventRateLimit"}},
		{"a file that is not there", "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: EventRateLimit\n  path: none.yaml\n", "couldn't open admission plugin configuration", nil},
		{"the old version", "apiVersion: apiserver.k8s.io/v1alpha1\nkind: AdmissionConfiguration\n", "", nil},
		{"the files before", `{"imagePolicy":{"kubeConfigFile":"x"}}`, "", []string{"ImagePolicyWebhook"}},
		{"unknown fields", "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugin: []\n", `unknown field "plugin"`, nil},
		{"another kind", "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n", "AuthorizationConfiguration", nil},
		{"nothing", "", `no kind "" is registered`, nil},
		{"no YAML", "{", "failed to read plugin config", nil},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(filepath.Join(dir, "limits.yaml"), []byte("limits"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := ReadConfiguration(path)
		got := slices.Sorted(maps.Keys(read))
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) || (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	dir := t.TempDir()
	text := "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- {name: A, configuration: {b: 1}, path: ignored}\n- {name: B, path: sub/b.yaml}\n- {name: C}\n- {name: A}\n"
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o600), os.Mkdir(filepath.Join(dir, "sub"), 0o700), os.WriteFile(filepath.Join(dir, "sub", "b.yaml"), []byte("limits"), 0o600)); err != nil {
		t.Fatal(err)
	}
	read, err := ReadConfiguration(filepath.Join(dir, "file"))
	if err != nil || string(read["A"].Content) != `{"b":1}` || string(read["B"].Content) != "limits" || read["A"].Dir != dir || read["B"].Dir != filepath.Join(dir, "sub") || len(read["C"].Content) > 0 {
		t.Errorf("%q, %v", read, err)
	}
	if _, err := ReadConfiguration(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "unable to read admission control configuration") {
		t.Errorf("a file that is not there: %v", err)
	}
}

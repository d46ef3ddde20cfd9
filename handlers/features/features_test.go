package features

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gates "github.com/gatehouse-dev/gatehouse/gen/features"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name    string
		values  []string
		on, off []string
	}{
		{"nothing given", nil, []string{"EnvFiles", "DRAAdminAccess"}, []string{"ContainerStopSignals", "GitRepoVolumeDriver", "NoSuchGate"}},
		{"one on", []string{"ContainerStopSignals=true"}, []string{"ContainerStopSignals", "EnvFiles"}, nil},
		{"one off", []string{"EnvFiles=false"}, nil, []string{"EnvFiles"}},
		{"the last word counts", []string{"EnvFiles=false,EnvFiles=true", "HostnameOverride=0", "HostnameOverride=1"}, []string{"EnvFiles", "HostnameOverride"}, nil},
		{"spaces and empty items", []string{" EnvFiles = F ,,HPAScaleToZero=t"}, []string{"HPAScaleToZero"}, []string{"EnvFiles"}},
		{"with the component", []string{"kube:EnvFiles=false,HPAScaleToZero=true"}, []string{"HPAScaleToZero"}, []string{"EnvFiles"}},
		{"a locked one as it is", []string{"DRAAdminAccess=true,GitRepoVolumeDriver=false"}, []string{"DRAAdminAccess"}, []string{"GitRepoVolumeDriver"}},
		{"all of a stage but one", []string{"AllAlpha=true,HPAScaleToZero=false"}, []string{"ContainerStopSignals", "GangScheduling", "AllAlpha"}, []string{"HPAScaleToZero", "SELinuxMount"}},
		{"what is needed comes along", []string{"GangScheduling=true,GenericWorkload=true"}, []string{"GangScheduling"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse(c.values)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range c.on {
				if !f.Enabled(name) {
					t.Errorf("%s is off", name)
				}
			}
			for _, name := range c.off {
				if f.Enabled(name) {
					t.Errorf("%s is on", name)
				}
			}
		})
	}
}

// TestFaults: the sentences are upstream's.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"Foo=true", "unrecognized feature gate: Foo"},
		{"Foo", "missing bool value for Foo"},
		{"EnvFiles=true,,Foo", "missing bool value for Foo"},
		{"EnvFiles=yes", `invalid value of EnvFiles=yes, err: strconv.ParseBool: parsing "yes": invalid syntax`},
		{"foo:EnvFiles=true", "component not registered: foo"},
		{"EnvFiles=true,kube:HPAScaleToZero=true", "set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use"},
		{"DRAAdminAccess=false", "cannot set feature gate DRAAdminAccess to false, feature is locked to true"},
		{"GitRepoVolumeDriver=true", "cannot set feature gate GitRepoVolumeDriver to true, feature is locked to false"},
		{"DRAAdminAccess=false,DynamicResourceAllocation=false", "[cannot set feature gate DRAAdminAccess to false, feature is locked to true, cannot set feature gate DynamicResourceAllocation to false, feature is locked to true]"},
		{"GangScheduling=true", "GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]"},
	} {
		if _, err := Parse([]string{c.value}); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.value, err, c.want)
		}
	}
}

// TestIdle: who sets a gate that does nothing here is to know, and not be told of others.
func TestIdle(t *testing.T) {
	f, err := Parse([]string{"GenericWorkload=true,HPAScaleToZero=true,EventedPLEG=true,EnvFiles=false,SELinuxMount=true,SELinuxMountReadWriteOncePod=true"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Idle(), []string{"EventedPLEG"}; !slices.Equal(got, want) {
		t.Errorf("idle: %v, want %v", got, want)
	}
}

// TestAsked: whoever sets a gate that is asked for in the code is not told that it does nothing, and the list of those is
// not longer than they are.
func TestAsked(t *testing.T) {
	call := regexp.MustCompile(`\.Enabled\("(\w+)"\)`)
	found := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range call.FindAllSubmatch(source, -1) {
			found[string(m[1])] = true
		}
		return err
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("found %v, %v", found, err)
	}
	for name := range found {
		if find(name) == nil {
			t.Errorf("there is no gate %s", name)
		}
		if !slices.Contains(gates.Of, name) && !slices.Contains(asked, name) {
			t.Errorf("%s is asked for and not in the list", name)
		}
	}
	for _, name := range asked {
		if !found[name] && name != "AllAlpha" && name != "AllBeta" {
			t.Errorf("nobody asks for %s", name)
		}
	}
}

func TestOff(t *testing.T) {
	f, err := Parse([]string{"ContainerStopSignals=true,EnvFiles=false,CoordinatedLeaderElection=true"})
	if err != nil {
		t.Fatal(err)
	}
	off := f.Off()
	for bit, want := range map[gates.Set]bool{
		gates.EnvFiles: true, gates.MaxUnavailableStatefulSet: true, gates.ContainerStopSignals: false, gates.HostnameOverride: false,
		gates.CoordinatedLeaderElectionStrategy: false, gates.CoordinatedLeaderElectionPreferredHolder: false,
	} {
		if got := off&bit != 0; got != want {
			t.Errorf("%b: off %t, want %t", bit, got, want)
		}
	}
	var none *Features
	if none.Off() != new(Features).Off() || none.Off()&gates.ContainerStopSignals == 0 {
		t.Error("without features every gate must be as it is by default")
	}
}

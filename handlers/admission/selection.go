package admission

import (
	"fmt"
	"slices"
	"strings"
)

// Selection says which plugins run. The zero value runs those that are on by default and here.
type Selection struct {
	// Enable are added to those that are on by default, Disable are left out.
	Enable, Disable []string
	// Only are all that run, in place of Enable and Disable (the old --admission-control); nil for no such list.
	Only []string
	// Configured is what a configuration file says about plugins, by their names.
	Configured map[string]Configured
	// Settings are what other flags say about plugins.
	Settings Settings
}

// Faults are the reasons why a server must not start with the selection, in upstream's words where upstream refuses it too.
func (s *Selection) Faults() (faults []string) {
	if s.Only != nil && (s.Enable != nil || s.Disable != nil) {
		faults = append(faults, "admission-control and enable-admission-plugins/disable-admission-plugins flags are mutually exclusive")
	}
	for _, list := range []struct {
		flag  string
		names []string
	}{{"admission-control", s.Only}, {"enable-admission-plugins", s.Enable}, {"disable-admission-plugins", s.Disable}} {
		for _, name := range list.names {
			switch reason, old := gone[name]; {
			case old:
				faults = append(faults, reason)
			case Find(name) == nil:
				faults = append(faults, fmt.Sprintf("%s plugin %q is unknown", list.flag, name))
			}
		}
	}
	both := slices.DeleteFunc(sorted(s.Enable), func(name string) bool { return !slices.Contains(s.Disable, name) })
	if len(both) > 0 {
		faults = append(faults, fmt.Sprintf("%v in enable-admission-plugins and disable-admission-plugins overlapped", both))
	}
	return append(faults, s.missing()...)
}

// missing names the guards that were asked for and are not here.
func (s *Selection) missing() (faults []string) {
	for _, p := range Plugins {
		if p.Here || !s.runs(p) {
			continue
		}
		switch {
		case s.named(p.Name):
			faults = append(faults, fmt.Sprintf("the admission plugin %s is not part of this version, and the server does not start as if it guarded something: "+
				"leave it out of --enable-admission-plugins and --admission-control to start without it", p.Name))
		case s.configures(p.Name):
			faults = append(faults, fmt.Sprintf("the admission plugin %s is not part of this version, and its part of --admission-control-config-file would do nothing: "+
				"leave that out, or add --disable-admission-plugins=%[1]s, to start without it", p.Name))
		}
	}
	return faults
}

// Runs says whether a plugin is part of the chain.
func (s *Selection) Runs(name string) bool {
	p := Find(name)
	return p != nil && p.Here && s.runs(*p)
}

// runs says whether the plugin would run if it were here.
func (s *Selection) runs(p Plugin) bool {
	switch {
	case s.Only != nil:
		return slices.Contains(s.Only, p.Name)
	case slices.Contains(s.Enable, p.Name):
		return true
	}
	return p.On && !slices.Contains(s.Disable, p.Name)
}

func (s *Selection) configures(name string) bool {
	_, is := s.Configured[name]
	return is
}

func (s *Selection) named(name string) bool {
	return slices.Contains(s.Enable, name) || slices.Contains(s.Only, name)
}

func sorted(names []string) []string {
	out := slices.Clone(names)
	slices.SortFunc(out, strings.Compare)
	return slices.Compact(out)
}

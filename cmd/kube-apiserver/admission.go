package main

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// registerAdmission declares the flags about admission plugins. It returns where the name of their configuration file is put.
func registerAdmission(o *admission.Selection, s *flagSets) (configFile *string) {
	var on []string
	for _, p := range admission.Plugins {
		if p.On && p.Here {
			on = append(on, p.Name)
		}
	}
	f := s.in("admission")
	f.StringSliceVar(&o.Enable, "enable-admission-plugins", nil, "Admission plugins that run beside those that are on by default ("+strings.Join(on, ", ")+"), in any order.")
	f.StringSliceVar(&o.Disable, "disable-admission-plugins", nil, "Admission plugins that do not run although they are on by default.")
	f.StringSliceVar(&o.Only, "admission-control", nil, "Old: all admission plugins that run, in any order. Use the other two.")
	o.Settings.NotReadyTolerationSeconds = f.Int64("default-not-ready-toleration-seconds", 300, "How long pods stay on a node that is not ready, which DefaultTolerationSeconds gives those that say nothing of it.")
	o.Settings.UnreachableTolerationSeconds = f.Int64("default-unreachable-toleration-seconds", 300, "How long pods stay on a node that cannot be reached, which DefaultTolerationSeconds gives those that say nothing of it.")
	return f.String("admission-control-config-file", "", "AdmissionConfiguration file, which sets up single plugins.")
}

// admissionWarnings has a line for a flag that will not always be there.
func admissionWarnings(o *admission.Selection) (lines []string) {
	if o.Only != nil {
		lines = append(lines, "--admission-control is deprecated, use --enable-admission-plugins or --disable-admission-plugins")
	}
	return lines
}

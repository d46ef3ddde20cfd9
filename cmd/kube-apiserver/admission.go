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
	return f.String("admission-control-config-file", "", "AdmissionConfiguration file, which sets up single plugins.")
}

// admissionWarnings has a line for what has no effect, or will not always have one.
func admissionWarnings(o *admission.Selection) []string {
	lines := o.Warnings()
	if o.Only != nil {
		lines = append(lines, "--admission-control is deprecated, use --enable-admission-plugins or --disable-admission-plugins")
	}
	return lines
}

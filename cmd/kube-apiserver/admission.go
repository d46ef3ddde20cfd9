package main

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// admissionOptions are the flags about admission plugins.
type admissionOptions struct {
	selection  admission.Selection
	configFile string
}

func (o *admissionOptions) register(s *flagSets) {
	var on []string
	for _, p := range admission.Plugins {
		if p.On && p.Here {
			on = append(on, p.Name)
		}
	}
	f := s.in("admission")
	f.StringSliceVar(&o.selection.Enable, "enable-admission-plugins", nil, "Admission plugins that run beside those that are on by default ("+strings.Join(on, ", ")+"), in any order.")
	f.StringSliceVar(&o.selection.Disable, "disable-admission-plugins", nil, "Admission plugins that do not run although they are on by default.")
	f.StringSliceVar(&o.selection.Only, "admission-control", nil, "Old: all admission plugins that run, in any order. Use the other two.")
	f.StringVar(&o.configFile, "admission-control-config-file", "", "AdmissionConfiguration file, which sets up single plugins.")
}

func (o *admissionOptions) validate(fault func(string, ...any)) {
	if o.configFile != "" {
		var err error
		if o.selection.Configured, err = admission.ReadConfiguration(o.configFile); err != nil {
			fault("--admission-control-config-file: %v", err)
		}
	}
	for _, f := range o.selection.Faults() {
		fault("%s", f)
	}
}

func (o *admissionOptions) warnings() []string {
	lines := o.selection.Warnings()
	if o.selection.Only != nil {
		lines = append(lines, "--admission-control is deprecated, use --enable-admission-plugins or --disable-admission-plugins")
	}
	return lines
}

package main

import (
	"strings"

	"github.com/spf13/pflag"
)

// apiLevel is the one version that this server can be.
const apiLevel = "1.36"

// refusedOptions are flags of upstream that must not be passed over, because a server without them is another one than was asked
// for. They are taken where they ask for what is so anyway.
type refusedOptions struct {
	encryption, egress, signer string
	emulated, minimal          []string
	collectsGarbage            bool
}

func (o *refusedOptions) register(s *flagSets) {
	f := s.in("etcd")
	f.StringVar(&o.encryption, "encryption-provider-config", "", "Not part of this version: refused.")
	f.BoolVar(&o.collectsGarbage, "enable-garbage-collector", true, "Deletions keep their objects for the garbage collector where they are told to; only true.")
	f = s.in("generic")
	f.StringVar(&o.egress, "egress-selector-config-file", "", "Not part of this version: refused.")
	f.StringSliceVar(&o.emulated, "emulated-version", nil, "Version to behave as; only "+apiLevel+".")
	f.StringSliceVar(&o.minimal, "min-compatibility-version", nil, "Oldest version to be compatible with; only "+apiLevel+".")
	s.in("authentication").StringVar(&o.signer, "service-account-signing-endpoint", "", "Not part of this version: refused.")
}

func (o *refusedOptions) validate(set *pflag.FlagSet, fault func(string, ...any)) {
	if set.Changed("encryption-provider-config") {
		fault("--encryption-provider-config: encryption at rest is not part of this version, and what was to be encrypted must not be stored in the clear")
	}
	if o.egress != "" {
		fault("--egress-selector-config-file is not part of this version, and connections that were to go through a proxy must not go past it")
	}
	if o.signer != "" {
		fault("--service-account-signing-endpoint is not part of this version, and tokens must not be signed by another key than was asked for")
	}
	if !o.collectsGarbage {
		fault("--enable-garbage-collector=false is not part of this version: deletions that are to be orphaning or in the foreground always wait for a garbage collector")
	}
	for flag, list := range map[string][]string{"emulated-version": o.emulated, "min-compatibility-version": o.minimal} {
		for _, value := range list {
			component, version, named := strings.Cut(value, "=")
			if !named {
				component, version = "kube", value
			}
			if component != "kube" || strings.TrimPrefix(version, "v") != apiLevel {
				fault("--%s=%s: this server is %s and cannot be another", flag, value, apiLevel)
			}
		}
	}
}

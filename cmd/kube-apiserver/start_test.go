package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// command runs a command line that ends by itself.
func command(t *testing.T, args ...string) (out, errOut string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	err = start(t.Context(), args, &o, &e)
	return o.String(), e.String(), err
}

func TestHelp(t *testing.T) {
	out, _, err := command(t, "--help")
	if !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("error %v", err)
	}
	at := -1
	for _, heading := range []string{"Generic flags:", "Etcd flags:", "Secure serving flags:", "Insecure serving flags:", "Authentication flags:", "Authorization flags:", "Admission flags:", "API enablement flags:", "Misc flags:", "Logs flags:", "Global flags:", "Accepted for the original's command lines"} {
		found := strings.Index(out, "\n"+heading)
		if found <= at {
			t.Errorf("%q is at %d, after %d", heading, found, at)
		}
		at = found
	}
	// Every flag is listed once, under one heading.
	listed := map[string]int{}
	for _, match := range regexp.MustCompile(`(?m)^ +(?:-\w, )?--([a-z0-9-]+)`).FindAllStringSubmatch(out, -1) {
		listed[match[1]]++
	}
	_, set, _, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	set.VisitAll(func(f *pflag.Flag) {
		if listed[f.Name] != 1 {
			t.Errorf("--%s is listed %d times", f.Name, listed[f.Name])
		}
		delete(listed, f.Name)
	})
	for name := range listed {
		t.Errorf("--%s is listed and does not exist", name)
	}
}

func TestVersion(t *testing.T) {
	out, _, err := command(t, "--version")
	if err != nil || out != "Kubernetes v1.36.3+gatehouse\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestRefusedCommandLines(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--nosuch"}, "unknown flag: --nosuch"},
		{[]string{"serve"}, `unexpected argument "serve"`},
		{[]string{"--secure-port=x"}, "invalid argument"},
		{[]string{"--data-dir="}, "--data-dir must name a folder"},
		{[]string{"--secure-port=70000"}, "--secure-port 70000 must be between 0 and 65535"},
		{[]string{"--insecure-port=-1"}, "--insecure-port -1"},
		{[]string{"--insecure-port=8080", "--insecure-bind-address=0.0.0.0"}, "not a loopback address"},
		{[]string{"--tls-cert-file=x"}, "belong together"},
		{[]string{"--etcd-servers=http://127.0.0.1:1", "--unsafe-no-fsync"}, "for the embedded etcd"},
		{[]string{"--storage-media-type=application/json"}, "only application/vnd.kubernetes.protobuf"},
		{[]string{"--storage-backend=etcd2"}, "allowed values: etcd3"},
		{[]string{"--etcd-servers-overrides=/events"}, "must be of format"},
		{[]string{"--etcd-servers-overrides=/events#a;;b"}, "must be of format"},
		{[]string{"--etcd-servers-overrides=/events#http://a:1,apps/deployments#http://b:1"}, "apps/deployments cannot be kept apart"},
		{[]string{"--etcd-readycheck-timeout=-1s"}, "must not be negative"},
		{[]string{"--storage-initialization-timeout=-1s"}, "--storage-initialization-timeout can not be negative value"},
		{[]string{"--watch-cache-sizes=pods#10,foo"}, "invalid value of watch cache size: foo"},
		{[]string{"--watch-cache-sizes=pods#x"}, "invalid size of watch cache size: pods#x"},
		{[]string{"--watch-cache-sizes=pods#-1"}, "watch cache size cannot be negative: pods#-1"},
		{[]string{"--etcd-count-metric-poll-period=5"}, `invalid argument "5" for "--etcd-count-metric-poll-period" flag`},
		{[]string{"--delete-collection-workers=x"}, `invalid argument "x" for "--delete-collection-workers" flag`},
		{[]string{"--watch-cache=maybe"}, `invalid argument "maybe" for "--watch-cache" flag`},
		{[]string{"--lease-reuse-duration-seconds=-1"}, "negative"},
		{[]string{"--authorization-mode=Some"}, `authorization-mode "Some" is not a valid mode`},
		{[]string{"--encryption-provider-config=x"}, "must not be stored in the clear"},
		{[]string{"--request-timeout=0s"}, "--request-timeout"},
		{[]string{"--egress-selector-config-file=x"}, "must not go past it"},
		{[]string{"--service-account-signing-endpoint=/x"}, "must not be signed by another key"},
		{[]string{"--enable-garbage-collector=false"}, "always wait for a garbage collector"},
		{[]string{"--emulated-version=1.35"}, "this server is 1.36 and cannot be another"},
		{[]string{"--emulated-version=kube=1.36", "--min-compatibility-version=other=1.36"}, "--min-compatibility-version=other=1.36"},
		{[]string{"--logging-format=xml"}, `--logging-format "xml"`},
		{[]string{"--tls-curve-preferences=29,29"}, "duplicate curve preference 29"},
		{[]string{"--tls-curve-preferences=70000"}, "curve preference 70000 is out of range (must be 1-65535)"},
		{[]string{"--tls-curve-preferences=7"}, "curve preference 7 is not supported"},
		{[]string{"--tls-min-version=1"}, `--tls-min-version "1"`},
		{[]string{"--tls-cipher-suites=X"}, "X is not supported"},
		{[]string{"--tls-sni-cert-key=x"}, "expected comma separated"},
		{[]string{"--cors-allowed-origins=example.com"}, "does not pin to start/end of host"},
		{[]string{"--cors-allowed-origins=//(:"}, "--cors-allowed-origins has an invalid regular expression"},
		{[]string{"--strict-transport-security-directives=max-age"}, "--strict-transport-security-directives invalid"},
		{[]string{"--strict-transport-security-directives=max-age=1, "}, "empty value in strict-transport-security-directives"},
		{[]string{"--livez-grace-period=-1s"}, "--livez-grace-period"},
		{[]string{"--requestheader-uid-headers=X-Remote-Uid", "--feature-gates=RemoteRequestHeaderUID=false"}, `requires the "RemoteRequestHeaderUID" feature`},
		{[]string{"--enable-admission-plugins=Nosuch"}, `enable-admission-plugins plugin "Nosuch" is unknown`},
		{[]string{"--enable-admission-plugins=NamespaceLifecycle,ValidatingAdmissionPolicy"}, "the admission plugin ValidatingAdmissionPolicy is not part of this version"},
		{[]string{"--admission-control=MutatingAdmissionPolicy"}, "the admission plugin MutatingAdmissionPolicy is not part of this version"},
		{[]string{"--enable-admission-plugins=PodSecurityPolicy"}, "its place was taken by PodSecurity"},
		{[]string{"--admission-control=", "--disable-admission-plugins=AlwaysDeny"}, "mutually exclusive"},
		{[]string{"--disable-admission-plugins=x"}, `disable-admission-plugins plugin "x" is unknown`},
		{[]string{"--admission-control-config-file=/nosuch"}, "unable to read admission control configuration"},
		{[]string{"--feature-gates=Foo=true"}, "unrecognized feature gate: Foo"},
		{[]string{"--feature-gates=EnvFiles=false", "--feature-gates=DRAAdminAccess=false"}, "cannot set feature gate DRAAdminAccess to false, feature is locked to true"},
	} {
		if _, _, err := command(t, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want something with %q", c.args, err, c.want)
		}
	}
	// All faults are told at once.
	_, _, err := command(t, "--storage-backend=x", "--tls-private-key-file=y")
	if err == nil || !strings.Contains(err.Error(), "allowed values") || !strings.Contains(err.Error(), "belong together") {
		t.Errorf("two faults: %v", err)
	}
}

// A flag that upstream has and that does nothing here is warned of once, however often it is given.
func TestAcceptedFlags(t *testing.T) {
	if len(acceptedNames()) < 10 {
		t.Fatal("no flags are accepted without effect")
	}
	var out, errOut bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it is to end as soon as it is up
	args := []string{
		"--data-dir=" + t.TempDir(), "--secure-port=0", "--bind-address=127.0.0.1", "--unsafe-no-fsync",
		"--kubelet-timeout=3s", "--profiling", "--profiling=true", "--kubelet-timeout=5s",
	}
	// Ended before it was up it may say so; what matters is what it warned of.
	_ = start(ctx, args, &out, &errOut)
	for _, name := range []string{"profiling", "kubelet-timeout"} {
		if n := strings.Count(errOut.String(), "--"+name+" is accepted but has no effect"); n != 1 {
			t.Errorf("%d warnings of --%s:\n%s", n, name, errOut.String())
		}
	}
	if n := strings.Count(errOut.String(), "has no effect"); n != 2 {
		t.Errorf("%d warnings:\n%s", n, errOut.String())
	}
}

// Gates that switch nothing here are told of, and no others.
func TestIdleFeatureGates(t *testing.T) {
	var out, errOut bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it is to end as soon as it is up
	_ = start(ctx, []string{
		"--data-dir=" + t.TempDir(), "--secure-port=0", "--bind-address=127.0.0.1", "--unsafe-no-fsync",
		"--feature-gates=EventedPLEG=true,EnvFiles=false", "--feature-gates=GenericWorkload=true,DRAAdminAccess=true",
	}, &out, &errOut)
	if log := errOut.String(); strings.Count(log, "feature gates have no effect") != 1 || !strings.Contains(log, "[EventedPLEG]") {
		t.Error(log)
	}
}

// No flag is both real and accepted without effect, and upstream's underscores are understood.
func TestFlagNames(t *testing.T) {
	o, set, sets, err := parse([]string{"--secure_port=1234", "--feature_gates=EnvFiles=true"})
	if err != nil || o.config.Serving.Port != 1234 || !set.Changed("feature-gates") {
		t.Errorf("port %d, %v", o.config.Serving.Port, err)
	}
	for _, name := range acceptedNames() {
		for _, g := range sets {
			if g.flags.Lookup(name) != nil {
				t.Errorf("--%s is in %s and accepted without effect", name, g.name)
			}
		}
	}
	if o, _, _, err := parse(nil); err != nil || !o.config.SwaggerUI {
		t.Errorf("without flags there is no Swagger UI (%v)", err)
	}
	if o, _, _, err := parse([]string{"--v=2"}); err != nil || o.config.SwaggerUI {
		t.Errorf("with a flag there is Swagger UI (%v)", err)
	}
}

package main

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// etcdOptions are the flags about an etcd that is there, beside where it is.
type etcdOptions struct {
	backend                     string
	overrides                   []string
	healthTimeout, readyTimeout time.Duration
	leaseReuse                  int64
}

func newEtcdOptions() etcdOptions {
	return etcdOptions{healthTimeout: 2 * time.Second, readyTimeout: 2 * time.Second, leaseReuse: 60}
}

func (o *etcdOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.backend, "storage-backend", o.backend, "Kind of store; only etcd3.")
	f.StringSliceVar(&o.overrides, "etcd-servers-overrides", o.overrides, "Servers for some resources, as group/resource#servers with semicolons between servers. Only /events may be named, and is kept beside everything else nevertheless.")
	f.DurationVar(&o.healthTimeout, "etcd-healthcheck-timeout", o.healthTimeout, "How long /livez and /healthz wait for etcd; 0 for the default.")
	f.DurationVar(&o.readyTimeout, "etcd-readycheck-timeout", o.readyTimeout, "How long /readyz waits for etcd; 0 for the default.")
	f.Int64Var(&o.leaseReuse, "lease-reuse-duration-seconds", o.leaseReuse, "For how many seconds objects that vanish by themselves (events) are given the same lease, which they may outlive their time by.")
}

func (o *etcdOptions) validate(set *pflag.FlagSet, fault func(string, ...any)) {
	if o.backend != "" && o.backend != "etcd3" {
		fault("--storage-backend invalid, allowed values: etcd3. If not specified, it will default to 'etcd3'")
	}
	for _, override := range o.overrides {
		resource, servers, found := strings.Cut(override, "#")
		switch {
		case !found || strings.Count(resource, "/") != 1 || strings.Contains(";"+servers+";", ";;") || strings.Contains(servers, "#"):
			fault("--etcd-servers-overrides invalid, must be of format: group/resource#servers, where servers are URLs, semicolon separated")
		case resource != "/events":
			// Ignored, it would show a cluster without those objects, and controllers would act on that.
			fault("--etcd-servers-overrides: %s cannot be kept apart, one etcd holds everything here", resource)
		}
	}
	if o.healthTimeout < 0 || o.readyTimeout < 0 {
		fault("--etcd-healthcheck-timeout and --etcd-readycheck-timeout must not be negative")
	}
	if o.leaseReuse < 0 {
		fault("--lease-reuse-duration-seconds must not be negative")
	}
	if timeout, err := set.GetDuration("storage-initialization-timeout"); err == nil && timeout < 0 {
		fault("--storage-initialization-timeout can not be negative value")
	}
	if sizes, err := set.GetStringArray("watch-cache-sizes"); err == nil {
		for size := range strings.SplitSeq(strings.Join(sizes, ","), ",") {
			checkCacheSize(size, fault)
		}
	}
}

// checkCacheSize refuses what the original cannot read, though the sizes mean nothing here.
func checkCacheSize(given string, fault func(string, ...any)) {
	if given == "" {
		return
	}
	parts := strings.Split(given, "#")
	if len(parts) != 2 {
		fault("invalid value of watch cache size: %s", given)
		return
	}
	switch size, err := strconv.Atoi(parts[1]); {
	case err != nil:
		fault("invalid size of watch cache size: %s", given)
	case size < 0:
		fault("watch cache size cannot be negative: %s", given)
	}
}

// warnings has a line for each override: it was let pass, and does nothing.
func (o *etcdOptions) warnings() (lines []string) {
	for _, override := range o.overrides {
		lines = append(lines, "--etcd-servers-overrides="+override+" has no effect: events are kept with everything else, and those in the other etcd are not seen")
	}
	return lines
}

// etcdRoot is the prefix as the original reads it: with or without its slashes.
func etcdRoot(prefix string) string { return path.Join("/", prefix) }

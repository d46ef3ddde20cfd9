package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/instance"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// storageMediaType is the only form in which built-in kinds are stored: upstream's default.
const storageMediaType = "application/vnd.kubernetes.protobuf"

// storageOptions are the flags about the store, the embedded one or an external etcd.
type storageOptions struct {
	dataDir            string
	embedded           instance.Embedded
	external           etcd.Target
	backend, mediaType string
	overrides          []string
	leaseReuse         int64
}

func (o *storageOptions) register(c *instance.Storage, s *flagSets) {
	o.dataDir, o.mediaType, o.leaseReuse = "gatehouse-data", storageMediaType, int64(c.LeaseReuse/time.Second)
	f := s.in("etcd")
	f.StringVar(&o.dataDir, "data-dir", o.dataDir, "Folder of the embedded etcd, the certificates and the administrator's kubeconfig. With --etcd-servers only where it is given.")
	f.BoolVar(&o.embedded.UnsafeNoFsync, "unsafe-no-fsync", false, "Let the embedded etcd leave writing to the operating system: faster, and a power cut loses data. For tests.")
	f.StringVar(&o.embedded.Listen, "etcd-listen-client", "", "Address (host:port or unix:path) at which the embedded etcd answers other clients such as etcdctl; none when empty.")
	f.StringSliceVar(&o.external.Servers, "etcd-servers", nil, "Servers of an external etcd (scheme://host:port, comma separated), used instead of the embedded one.")
	f.StringVar(&c.Prefix, "etcd-prefix", c.Prefix, "Prefix of all keys.")
	f.StringVar(&o.external.CAFile, "etcd-cafile", "", "Authority that the etcd servers' certificates are checked against.")
	f.StringVar(&o.external.CertFile, "etcd-certfile", "", "Client certificate for etcd.")
	f.StringVar(&o.external.KeyFile, "etcd-keyfile", "", "Key of the client certificate for etcd.")
	f.DurationVar(&c.CompactInterval, "etcd-compaction-interval", c.CompactInterval, "How often old revisions are thrown away; 0 leaves that to others.")
	f.StringVar(&o.backend, "storage-backend", "", "Kind of store; only etcd3.")
	f.StringSliceVar(&o.overrides, "etcd-servers-overrides", nil, "Servers for some resources, as group/resource#servers with semicolons between servers. Only /events may be named, and is kept beside everything else nevertheless.")
	f.DurationVar(&c.HealthTimeout, "etcd-healthcheck-timeout", c.HealthTimeout, "How long /livez and /healthz wait for etcd; 0 for the default.")
	f.DurationVar(&c.ReadyTimeout, "etcd-readycheck-timeout", c.ReadyTimeout, "How long /readyz waits for etcd; 0 for the default.")
	f.Int64Var(&o.leaseReuse, "lease-reuse-duration-seconds", o.leaseReuse, "For how many seconds objects that vanish by themselves (events) are given the same lease, which they may outlive their time by.")
	f.StringVar(&o.mediaType, "storage-media-type", o.mediaType, "Form in which built-in kinds are stored; only "+storageMediaType+".")
}

// settings chooses the store, and the folders that go with it: beside an external etcd nothing needs a folder, and none is made
// unless it is named.
func (o *storageOptions) settings(c *instance.Config, set *pflag.FlagSet) {
	c.Storage.LeaseReuse = time.Duration(o.leaseReuse) * time.Second
	if len(o.external.Servers) > 0 {
		c.Storage.Backend = instance.External{Target: o.external}
		if !set.Changed("data-dir") {
			o.dataDir = ""
		}
		if !set.Changed("controllers") {
			c.Cluster.Controllers = nil
		}
	} else {
		o.embedded.Dir = filepath.Join(o.dataDir, "etcd")
		c.Storage.Backend = o.embedded
	}
	if c.Serving.CertDir == "" && o.dataDir != "" {
		c.Serving.CertDir = filepath.Join(o.dataDir, "pki")
	}
	for _, dir := range []string{o.dataDir, c.Serving.CertDir} {
		if dir != "" && c.Serving.Kubeconfig == "" {
			c.Serving.Kubeconfig = filepath.Join(dir, "admin.kubeconfig")
		}
	}
}

func (o *storageOptions) validate(set *pflag.FlagSet, fault func(string, ...any)) {
	if o.dataDir == "" && len(o.external.Servers) == 0 {
		fault("--data-dir must name a folder")
	}
	if len(o.external.Servers) > 0 && (set.Changed("unsafe-no-fsync") || set.Changed("etcd-listen-client")) {
		fault("--unsafe-no-fsync and --etcd-listen-client are for the embedded etcd, not for --etcd-servers")
	}
	if o.mediaType != storageMediaType {
		fault("--storage-media-type %q: only %s is stored", o.mediaType, storageMediaType)
	}
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
	if timeout, err := set.GetDuration("storage-initialization-timeout"); err == nil && timeout < 0 {
		fault("--storage-initialization-timeout can not be negative value")
	}
	if sizes, err := set.GetStringArray("watch-cache-sizes"); err == nil {
		for size := range strings.SplitSeq(strings.Join(sizes, ","), ",") {
			checkCacheSize(size, fault)
		}
	}
}

// checkCacheSize refuses what upstream cannot read, though the sizes mean nothing here.
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
func (o *storageOptions) warnings() (lines []string) {
	for _, override := range o.overrides {
		lines = append(lines, "--etcd-servers-overrides="+override+" has no effect: events are kept with everything else, and those in the other etcd are not seen")
	}
	return lines
}

package node

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// The facts of pods and of the objects that name a node.
const (
	onNode fact = iota + 1
	mirror
	account
	secret
	configMap
	claim
	volumeName
	ephemeral
	volumeEnd
	deviceName
	deviceClaim
	deviceTemplate
	deviceEnd
	statusName
	statusClaim
	statusEnd
)

// podPaths are all ways in which a pod refers to what its node must read.
var podPaths = func() []path {
	out := []path{
		{"metadata.annotations", mirror},
		{"spec.nodeName", onNode},
		{"spec.serviceAccountName", account},
		{"spec.imagePullSecrets.name", secret},
		{"spec.volumes", volumeEnd},
		{"spec.volumes.name", volumeName},
		{"spec.volumes.ephemeral", ephemeral},
		{"spec.volumes.persistentVolumeClaim.claimName", claim},
		{"spec.volumes.configMap.name", configMap},
		{"spec.volumes.projected.sources.configMap.name", configMap},
		{"spec.volumes.projected.sources.secret.name", secret},
		{"spec.volumes.secret.secretName", secret},
		{"spec.volumes.azureFile.secretName", secret},
		{"spec.volumes.csi.nodePublishSecretRef.name", secret},
		{"spec.resourceClaims", deviceEnd},
		{"spec.resourceClaims.name", deviceName},
		{"spec.resourceClaims.resourceClaimName", deviceClaim},
		{"spec.resourceClaims.resourceClaimTemplateName", deviceTemplate},
		{"status.resourceClaimStatuses", statusEnd},
		{"status.resourceClaimStatuses.name", statusName},
		{"status.resourceClaimStatuses.resourceClaimName", statusClaim},
		{"status.extendedResourceClaimStatus.resourceClaimName", deviceClaim},
	}
	for _, volume := range []string{"cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"} {
		out = append(out, path{"spec.volumes." + volume + ".secretRef.name", secret})
	}
	for _, containers := range []string{"containers", "initContainers", "ephemeralContainers"} {
		for tail, f := range map[string]fact{
			"envFrom.secretRef.name": secret, "env.valueFrom.secretKeyRef.name": secret,
			"envFrom.configMapRef.name": configMap, "env.valueFrom.configMapKeyRef.name": configMap,
		} {
			out = append(out, path{"spec." + containers + "." + tail, f})
		}
	}
	return out
}()

var nodePath = []path{{"spec.nodeName", onNode}}

// mirrorAnnotation marks a pod that a node made itself from a file. It gives its node nothing.
const mirrorAnnotation = "kubernetes.io/config.mirror"

// plans are made when a kind is first read, for the version that it is stored in.
type plans struct {
	mu    sync.Mutex
	known map[string]*plan
}

func (s *plans) of(apiVersion, kind string) (*plan, error) {
	key := apiVersion + " " + kind
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.known[key]; p != nil {
		return p, nil
	}
	paths := nodePath
	if kind == "Pod" {
		paths = podPaths
	}
	p, err := newPlan(apiVersion, kind, paths)
	if err != nil {
		return nil, err
	}
	if s.known == nil {
		s.known = map[string]*plan{}
	}
	s.known[key] = p
	return p, nil
}

var errKind = errors.New("an object of another kind lies there")

// nodeOf is the node that an object of the kind names.
func (s *plans) nodeOf(kind string, stored []byte) (string, error) {
	apiVersion, found, raw, err := open(stored)
	if err != nil {
		return "", err
	}
	if found != kind {
		return "", fmt.Errorf("%w: %s", errKind, found)
	}
	p, err := s.of(apiVersion, kind)
	if err != nil {
		return "", err
	}
	node := ""
	err = p.run(raw, func(_ fact, value []byte) { node = string(value) })
	return node, err
}

// references reads a pod: its node, empty when it has none yet, and what the node must be able to read for it.
func (s *plans) references(namespace, name string, stored []byte) (node string, refs []ref, err error) {
	apiVersion, kind, raw, err := open(stored)
	if err != nil {
		return "", nil, err
	}
	if kind != "Pod" {
		return "", nil, fmt.Errorf("%w: %s", errKind, kind)
	}
	p, err := s.of(apiVersion, kind)
	if err != nil {
		return "", nil, err
	}
	r := podReader{namespace: namespace, pod: name}
	if err := p.run(raw, r.found); err != nil {
		return "", nil, err
	}
	if r.node == "" {
		return "", nil, nil
	}
	self := ref{pods, namespace, name}
	if r.mirror {
		return r.node, []ref{self}, nil
	}
	for _, d := range r.made {
		if r.templates[d.name] {
			r.add(resourceClaims, d.claim)
		}
	}
	return r.node, append(r.refs, self), nil
}

// device is a claim that was made for a pod, under the name that the pod gave it.
type device struct{ name, claim string }

// podReader collects the facts of one pod.
type podReader struct {
	namespace, pod, node string
	mirror               bool
	refs                 []ref
	// seen are the refs when they are more than a few; compared is how often two were compared.
	seen     map[ref]struct{}
	compared int
	// Of the structure that is being read.
	volume       string
	hasEphemeral bool
	current      device
	fromTemplate bool
	// templates are the devices whose claims are made from templates, made the claims that were.
	templates map[string]bool
	made      []device
}

func (r *podReader) add(kind kind, name string) {
	if name == "" {
		return
	}
	if x := (ref{kind, r.namespace, name}); !r.has(x) {
		r.refs = append(r.refs, x)
	}
}

// has says whether a ref is there, and notes that it will be.
func (r *podReader) has(x ref) bool {
	if len(r.refs) < few {
		r.compared += len(r.refs)
		return slices.Contains(r.refs, x)
	}
	if r.seen == nil {
		r.seen = make(map[ref]struct{}, 2*few)
		for _, have := range r.refs {
			r.seen[have] = struct{}{}
		}
	}
	r.compared++
	_, has := r.seen[x]
	r.seen[x] = struct{}{}
	return has
}

func (r *podReader) found(f fact, value []byte) {
	switch f {
	case onNode:
		r.node = string(value)
	case mirror:
		r.mirror = r.mirror || string(value) == mirrorAnnotation
	case account:
		r.add(serviceAccounts, string(value))
	case secret:
		r.add(secrets, string(value))
	case configMap:
		r.add(configMaps, string(value))
	case claim:
		r.add(volumeClaims, string(value))
	case volumeName:
		r.volume = string(value)
	case ephemeral:
		r.hasEphemeral = true
	case volumeEnd:
		if r.hasEphemeral {
			r.add(volumeClaims, r.pod+"-"+r.volume)
		}
		r.volume, r.hasEphemeral = "", false
	case deviceClaim:
		r.add(resourceClaims, string(value))
	case deviceName, statusName:
		r.current.name = string(value)
	case deviceTemplate:
		r.fromTemplate = true
	case deviceEnd:
		if r.fromTemplate {
			if r.templates == nil {
				r.templates = map[string]bool{}
			}
			r.templates[r.current.name] = true
		}
		r.current, r.fromTemplate = device{}, false
	case statusClaim:
		r.current.claim = string(value)
	case statusEnd:
		r.made = append(r.made, r.current)
		r.current = device{}
	}
}

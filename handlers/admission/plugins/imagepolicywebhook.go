package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// ImagePolicyWebhook asks a backend whether the images of a pod may run, and remembers the answer for a while.
type ImagePolicyWebhook struct {
	admission.On
	backend *webhook.Client
	// known are answers by the sum of the question.
	known             *recent[[sha256.Size]byte, imageAnswer]
	allowTTL, denyTTL time.Duration
	defaultAllow      bool
	now               func() time.Time
	close             context.CancelFunc
}

type imageAnswer struct {
	status imageReviewStatus
	until  time.Time
}

// imageReview is an ImageReview of imagepolicy.k8s.io/v1alpha1.
type imageReview struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Metadata   struct {
		CreationTimestamp *string `json:"creationTimestamp"`
	} `json:"metadata"`
	Spec   imageReviewSpec   `json:"spec"`
	Status imageReviewStatus `json:"status"`
}

type imageReviewSpec struct {
	Containers  []imageReviewContainer `json:"containers,omitempty"`
	Annotations map[string]string      `json:"annotations,omitempty"`
	Namespace   string                 `json:"namespace,omitempty"`
}

type imageReviewContainer struct {
	Image string `json:"image,omitempty"`
}

type imageReviewStatus struct {
	Allowed          bool              `json:"allowed"`
	Reason           string            `json:"reason,omitempty"`
	AuditAnnotations map[string]string `json:"auditAnnotations,omitempty"`
}

const (
	imageReviewVersion = "imagepolicy.k8s.io/v1alpha1"
	imageAnnotations   = ".image-policy.k8s.io/"
	imageAuditPrefix   = "imagepolicywebhook.image-policy.k8s.io/"
	imageAnswers       = 1024
)

var errNoImagePolicy = errors.New("no config specified")

func newImagePolicyWebhook(d *Deps, c admission.Configured) (any, error) {
	var config struct {
		ImagePolicy struct {
			KubeConfigFile string        `json:"kubeConfigFile"`
			AllowTTL       time.Duration `json:"allowTTL"`
			DenyTTL        time.Duration `json:"denyTTL"`
			RetryBackoff   time.Duration `json:"retryBackoff"`
			DefaultAllow   bool          `json:"defaultAllow"`
		} `json:"imagePolicy"`
	}
	if len(c.Content) == 0 {
		return nil, errNoImagePolicy
	}
	if err := yaml.Unmarshal(c.Content, &config); err != nil {
		return nil, err
	}
	i := &config.ImagePolicy
	p := &ImagePolicyWebhook{
		On: admission.On{admission.Create, admission.Update}, known: newRecent[[sha256.Size]byte, imageAnswer](imageAnswers),
		defaultAllow: i.DefaultAllow, now: d.Now,
	}
	var err error
	backoff, err := lasting(i.RetryBackoff, time.Millisecond, 1, 5*time.Minute, 500*time.Millisecond)
	if err != nil {
		return nil, err
	}
	if p.allowTTL, err = lasting(i.AllowTTL, time.Second, time.Second, 30*time.Minute, 5*time.Minute); err != nil {
		return nil, err
	}
	if p.denyTTL, err = lasting(i.DenyTTL, time.Second, time.Second, 30*time.Minute, 30*time.Second); err != nil {
		return nil, err
	}
	if p.backend, err = webhook.Open(i.KubeConfigFile, d.Log); err != nil {
		return nil, err
	}
	p.backend.Backoff.First = backoff
	var life context.Context
	life, p.close = context.WithCancel(context.Background())
	p.backend.KeepUntil(life)
	return p, nil
}

// lasting is a time of the configuration: -1 is none, 0 the default, and everything else a number of units.
func lasting(value, unit, least, most, def time.Duration) (time.Duration, error) {
	switch value {
	case -1:
		return 0, nil
	case 0:
		return def, nil
	}
	if value < 0 || value > most/unit || value*unit < least {
		return 0, fmt.Errorf("valid value is between %v and %v, got %v", least, most, value*unit)
	}
	return value * unit, nil
}

// Close implements io.Closer.
func (p *ImagePolicyWebhook) Close() error {
	p.close()
	return nil
}

// Validate implements admission.Validator.
func (p *ImagePolicyWebhook) Validate(ctx context.Context, a *admission.Attributes) error {
	later := a.IsSub("", "pods", "ephemeralcontainers")
	if !a.Is("", "pods") && !later {
		return nil
	}
	pod, err := podOf(a.Object)
	if err != nil {
		return err
	}
	if err := p.review(ctx, a, question(pod, a.Namespace, later)); err != nil {
		return a.Forbidden(err)
	}
	return nil
}

// question is what the backend is asked: about the containers that run first, or about those that come later.
func question(pod *corev1.Pod, namespace string, later bool) (spec imageReviewSpec) {
	spec.Namespace = namespace
	for key, value := range pod.Annotations {
		if strings.Contains(key, imageAnnotations) {
			if spec.Annotations == nil {
				spec.Annotations = map[string]string{}
			}
			spec.Annotations[key] = value
		}
	}
	if later {
		for i := range pod.Spec.EphemeralContainers {
			spec.Containers = append(spec.Containers, imageReviewContainer{pod.Spec.EphemeralContainers[i].Image})
		}
		return spec
	}
	for i := range pod.Spec.Containers {
		spec.Containers = append(spec.Containers, imageReviewContainer{pod.Spec.Containers[i].Image})
	}
	for i := range pod.Spec.InitContainers {
		spec.Containers = append(spec.Containers, imageReviewContainer{pod.Spec.InitContainers[i].Image})
	}
	return spec
}

var errImagesRejected = errors.New("one or more images rejected by webhook backend")

func (p *ImagePolicyWebhook) review(ctx context.Context, a *admission.Attributes, spec imageReviewSpec) error {
	text, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	known, found := p.known.find(sum)
	status := known.status
	if !found || !p.now().Before(known.until) {
		review := imageReview{Kind: "ImageReview", APIVersion: imageReviewVersion, Spec: spec}
		if err := p.backend.Call(ctx, &review, &review); err != nil {
			if p.defaultAllow {
				a.Annotate(imageAuditPrefix+"failed-open", "true")
				return nil
			}
			return err
		}
		status = review.Status
		ttl := p.denyTTL
		if status.Allowed {
			ttl = p.allowTTL
		}
		p.known.add(sum, imageAnswer{status, p.now().Add(ttl)})
	}
	for key, value := range status.AuditAnnotations {
		a.Annotate(imageAuditPrefix+key, value)
	}
	switch {
	case status.Allowed:
		return nil
	case status.Reason != "":
		return fmt.Errorf("image policy webhook backend denied one or more images: %s", status.Reason)
	}
	return errImagesRejected
}

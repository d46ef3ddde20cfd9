package noderestriction

import (
	"context"
	"errors"
	"fmt"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	authenticationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authentication/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// token lets a node ask for tokens that are bound to its own pods, for audiences that those name.
func (r *request) token(ctx context.Context) error {
	if r.Operation != admission.Create || r.Resource.Subresource != "token" {
		return nil
	}
	asked, ok := r.Object.(*authenticationv1.TokenRequest)
	if !ok {
		return r.unexpected(r.Object)
	}
	ref := asked.Spec.BoundObjectRef
	if ref == nil || ref.APIVersion != "v1" || ref.Kind != "Pod" || ref.Name == "" {
		return r.refuse("node requested token not bound to a pod")
	}
	if ref.UID == "" {
		return r.refuse("node requested token with a pod binding without a uid")
	}
	pod, err := r.findPod(ctx, ref.Name)
	switch {
	case err != nil:
		return err
	case string(ref.UID) != string(pod.UID):
		return r.refuse("the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated", ref.UID)
	case pod.Spec.NodeName != r.node:
		return r.refuse("node requested token bound to a pod scheduled on a different node")
	}
	if !r.Enabled("ServiceAccountNodeAudienceRestriction") {
		return nil
	}
	if err := r.audience(ctx, asked.Spec.Audiences, pod); err != nil {
		return r.refuse("%w", err)
	}
	return nil
}

var errAudiences = errors.New("node may only request 0 or 1 audiences")

// audience is nil for an audience that a volume of the pod names, or that the node has a right to.
func (r *request) audience(ctx context.Context, audiences []string, pod *corev1.Pod) error {
	asked := ""
	switch len(audiences) {
	case 0:
	case 1:
		asked = audiences[0]
	default:
		return errAudiences
	}
	named, err := r.named(ctx, pod, asked)
	if err != nil {
		return fmt.Errorf("error validating audience %q: %w", asked, err)
	}
	if named {
		return nil
	}
	may, err := r.MayRequest(ctx, r.User, r.Namespace, r.Name, asked)
	switch {
	case may:
		return nil
	case err != nil:
		return fmt.Errorf("audience %q not found in pod spec volume, error authorizing %s to request tokens for this audience: %w", asked, r.User.Name, err)
	}
	return fmt.Errorf("audience %q not found in pod spec volume, %s is not authorized to request tokens for this audience", asked, r.User.Name)
}

// named says whether a volume of the pod needs tokens for an audience, by itself or by its CSI driver.
func (r *request) named(ctx context.Context, pod *corev1.Pod, audience string) (bool, error) {
	var errs []error
	asked := map[string]bool{} // a pod may have thousands of volumes of one driver
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if v.Projected != nil {
			for _, s := range v.Projected.Sources {
				if s.ServiceAccountToken != nil && s.ServiceAccountToken.Audience == audience {
					return true, nil
				}
			}
		}
		driver, err := r.driverOf(ctx, pod, v)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if driver == "" || asked[driver] {
			continue
		}
		asked[driver] = true
		found, err := find[*storagev1.CSIDriver](ctx, r, "storage.k8s.io", "csidriver", "", driver)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, t := range found.Spec.TokenRequests {
			if t.Audience == audience {
				return true, nil
			}
		}
	}
	return false, utilerrors.NewAggregate(errs)
}

// driverOf is the CSI driver that mounts a volume; empty for none.
func (r *request) driverOf(ctx context.Context, pod *corev1.Pod, v *corev1.Volume) (string, error) {
	switch {
	case v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil:
		return r.driverOfClaim(ctx, pod.Namespace, pod.Name+"-"+v.Name)
	case v.PersistentVolumeClaim != nil:
		return r.driverOfClaim(ctx, pod.Namespace, v.PersistentVolumeClaim.ClaimName)
	case v.CSI != nil:
		return v.CSI.Driver, nil
	}
	return migrated(v.GCEPersistentDisk != nil, v.AWSElasticBlockStore != nil, v.Cinder != nil, v.AzureDisk != nil, v.AzureFile != nil,
		v.VsphereVolume != nil, v.PortworxVolume != nil), nil
}

func (r *request) driverOfClaim(ctx context.Context, namespace, name string) (string, error) {
	claim, err := find[*corev1.PersistentVolumeClaim](ctx, r, "", "persistentvolumeclaim", namespace, name)
	if err != nil {
		return "", err
	}
	volume, err := find[*corev1.PersistentVolume](ctx, r, "", "persistentvolume", "", claim.Spec.VolumeName)
	if err != nil {
		return "", err
	}
	s := &volume.Spec
	if s.CSI != nil {
		return s.CSI.Driver, nil
	}
	return migrated(s.GCEPersistentDisk != nil, s.AWSElasticBlockStore != nil, s.Cinder != nil, s.AzureDisk != nil, s.AzureFile != nil,
		s.VsphereVolume != nil, s.PortworxVolume != nil), nil
}

// migrated is the CSI driver that has replaced a kind of volume of the kubelet's own.
func migrated(gce, aws, cinder, azureDisk, azureFile, vsphere, portworx bool) string {
	switch {
	case gce:
		return "pd.csi.storage.gke.io"
	case aws:
		return "ebs.csi.aws.com"
	case cinder:
		return "cinder.csi.openstack.org"
	case azureDisk:
		return "disk.csi.azure.com"
	case azureFile:
		return "file.csi.azure.com"
	case vsphere:
		return "csi.vsphere.vmware.com"
	case portworx:
		return "pxd.portworx.com"
	}
	return ""
}

package podspec

import (
	"fmt"
	"slices"
	"strings"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// file is a path in a volume with its source.
type file struct{ path, source string }

func (f file) String() string {
	if f.source == "" {
		return fmt.Sprintf("%q", f.path)
	}
	return fmt.Sprintf("%q (%s)", f.path, f.source)
}

// overlaps warns of files of one volume with equal paths, or with one path below another.
func overlaps(v *corev1.Volume, left *budget) []string {
	switch {
	case v.ConfigMap != nil:
		return inVolume(v.Name, fmt.Sprintf("ConfigMap %q", v.ConfigMap.Name), items(v.ConfigMap.Items, ""), left)
	case v.Secret != nil:
		return inVolume(v.Name, fmt.Sprintf("Secret %q", v.Secret.SecretName), items(v.Secret.Items, ""), left)
	case v.DownwardAPI != nil:
		return inVolume(v.Name, "DownwardAPI", downward(v.DownwardAPI.Items, ""), left)
	case v.Projected != nil:
		return projected(v, left)
	}
	return nil
}

func inVolume(name, kind string, files []file, left *budget) (out []string) {
	if left.spent() {
		return nil
	}
	files = slices.DeleteFunc(files, func(f file) bool { return f.path == "" })
	for _, p := range meetings(files, left.sentences) {
		if left.spent() {
			break
		}
		f, other := files[p.later], files[p.earlier]
		out = append(out, left.take(fmt.Sprintf("volume %q (%s): overlapping paths: %s with %s", name, kind, f, other)))
	}
	return out
}

func items(list []corev1.KeyToPath, source string) (out []file) {
	for _, i := range list {
		out = append(out, file{trimmed(i.Path), source})
	}
	return out
}

func downward(list []corev1.DownwardAPIVolumeFile, source string) (out []file) {
	for _, i := range list {
		out = append(out, file{trimmed(i.Path), source})
	}
	return out
}

func trimmed(path string) string { return strings.TrimRight(path, "/") }

func projected(v *corev1.Volume, left *budget) (out []string) {
	var files []file
	for _, s := range v.Projected.Sources {
		if s == (corev1.VolumeProjection{}) {
			out = append(out, fmt.Sprintf("volume %q (Projected) has no sources provided", v.Name))
			continue
		}
		files = append(files, filesOf(&s)...)
	}
	return append(out, inVolume(v.Name, "Projected", files, left)...)
}

func filesOf(s *corev1.VolumeProjection) (out []file) {
	switch {
	case s.ConfigMap != nil && s.ConfigMap.Items != nil:
		return items(s.ConfigMap.Items, fmt.Sprintf("ConfigMap %q", s.ConfigMap.Name))
	case s.Secret != nil && s.Secret.Items != nil:
		return items(s.Secret.Items, fmt.Sprintf("Secret %q", s.Secret.Name))
	case s.DownwardAPI != nil && s.DownwardAPI.Items != nil:
		return downward(s.DownwardAPI.Items, "DownwardAPI")
	case s.ServiceAccountToken != nil:
		return []file{{trimmed(s.ServiceAccountToken.Path), "ServiceAccountToken"}}
	case s.ClusterTrustBundle != nil:
		b, name := s.ClusterTrustBundle, ""
		if b.Name != nil {
			name = *b.Name
		} else if b.SignerName != nil {
			name = *b.SignerName
		}
		return []file{{trimmed(b.Path), fmt.Sprintf("ClusterTrustBundle %q", name)}}
	case s.PodCertificate != nil:
		c := s.PodCertificate
		for _, f := range []file{{c.CertificateChainPath, "PodCertificate chain"}, {c.KeyPath, "PodCertificate key"}, {c.CredentialBundlePath, "PodCertificate credential bundle"}} {
			if f.path != "" {
				out = append(out, file{trimmed(f.path), f.source})
			}
		}
	}
	return out
}

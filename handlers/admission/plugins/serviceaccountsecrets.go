package plugins

import (
	"fmt"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// mountable refuses secrets that the account does not list.
func mountable(account *corev1.ServiceAccount, spec *corev1.PodSpec) error {
	listed := listedSecrets(account)
	for i := range spec.Volumes {
		if s := spec.Volumes[i].Secret; s != nil && !listed[s.SecretName] {
			return fmt.Errorf("volume with secret.secretName=%q is not allowed because service account %s does not reference that secret", s.SecretName, account.Name)
		}
	}
	for i := range spec.InitContainers {
		if err := listedOnly("init container", spec.InitContainers[i].Name, spec.InitContainers[i].Env, spec.InitContainers[i].EnvFrom, listed, account.Name); err != nil {
			return err
		}
	}
	for i := range spec.Containers {
		if err := listedOnly("container", spec.Containers[i].Name, spec.Containers[i].Env, spec.Containers[i].EnvFrom, listed, account.Name); err != nil {
			return err
		}
	}
	pull := make(map[string]bool, len(account.ImagePullSecrets))
	for i := range account.ImagePullSecrets {
		pull[account.ImagePullSecrets[i].Name] = true
	}
	for i := range spec.ImagePullSecrets {
		if name := spec.ImagePullSecrets[i].Name; !pull[name] {
			return fmt.Errorf("imagePullSecrets[%d].name=%q is not allowed because service account %s does not reference that imagePullSecret", i, name, account.Name)
		}
	}
	return nil
}

// mountableLater refuses secrets that containers name which are put into a running pod.
func mountableLater(account *corev1.ServiceAccount, spec *corev1.PodSpec) error {
	listed := listedSecrets(account)
	for i := range spec.EphemeralContainers {
		c := &spec.EphemeralContainers[i]
		if err := listedOnly("ephemeral container", c.Name, c.Env, c.EnvFrom, listed, account.Name); err != nil {
			return err
		}
	}
	return nil
}

func listedSecrets(account *corev1.ServiceAccount) map[string]bool {
	listed := make(map[string]bool, len(account.Secrets))
	for i := range account.Secrets {
		listed[account.Secrets[i].Name] = true
	}
	return listed
}

func listedOnly(kind, name string, env []corev1.EnvVar, from []corev1.EnvFromSource, listed map[string]bool, account string) error {
	for i := range env {
		if v := env[i].ValueFrom; v != nil && v.SecretKeyRef != nil && !listed[v.SecretKeyRef.Name] {
			return fmt.Errorf("%s %s with envVar %s referencing secret.secretName=%q is not allowed because service account %s does not reference that secret", kind, name, env[i].Name, v.SecretKeyRef.Name, account)
		}
	}
	for i := range from {
		if s := from[i].SecretRef; s != nil && !listed[s.Name] {
			return fmt.Errorf("%s %s with envFrom referencing secret.secretName=%q is not allowed because service account %s does not reference that secret", kind, name, s.Name, account)
		}
	}
	return nil
}

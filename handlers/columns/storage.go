package columns

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	apiserverinternalv1alpha1 "github.com/gatehouse-dev/gatehouse/gen/types/apiserverinternal/v1alpha1"
)

// defaultStorageClass gets name and annotations.
func defaultStorageClass(v values, _ time.Time) any {
	for _, key := range []string{"storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"} {
		if v.Pairs(1)[key] == "true" {
			return v.Text(0) + " (default)"
		}
	}
	return v.Text(0)
}

// storageVersions are the servers and the version that each writes.
func storageVersions(s *apiserverinternalv1alpha1.StorageVersion) string {
	list := shortList{Limit: 3, Separator: ","}
	for _, v := range s.Status.StorageVersions {
		list.Add(v.APIServerID + "=" + v.EncodingVersion)
	}
	return list.Text("<unset>")
}

// migrationResource gets group and resource.
func migrationResource(v values, _ time.Time) any { return groupResource(v.Text(0), v.Text(1)) }

// migrationStatus gets the conditions.
func migrationStatus(v values, _ time.Time) any {
	conditions, _ := v[0].([]metav1.Condition)
	status := "Unknown"
	for _, c := range conditions {
		if c.Status == metav1.ConditionTrue && (c.Type == "Running" || c.Type == "Failed" || c.Type == "Succeeded") {
			status = c.Type
		}
	}
	return status
}

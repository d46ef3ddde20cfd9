package instance

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// servedRows reads --runtime-config: api/all, api/ga, api/beta and api/alpha first, then single group-versions, which
// win over them.
func servedRows(config map[string]string) (func(resources.Row) bool, error) {
	classes, versions := map[string]bool{}, map[string]bool{}
	known := map[string]bool{}
	for _, row := range resources.Rows {
		known[groupVersion(row)] = true
	}
	for key, value := range config {
		on := value == "" || value == "true"
		if !on && value != "false" {
			return nil, fmt.Errorf("--runtime-config %s=%s: true or false", key, value)
		}
		switch {
		case key == "api/all" || key == "api/ga" || key == "api/beta" || key == "api/alpha":
			classes[key] = on
		case known[key]:
			versions[key] = on
		default:
			return nil, fmt.Errorf("--runtime-config: unknown api groups %s", key)
		}
	}
	return func(row resources.Row) bool {
		if on, ok := versions[groupVersion(row)]; ok {
			return on
		}
		if on, ok := classes[class(row.Version)]; ok {
			return on
		}
		if on, ok := classes["api/all"]; ok {
			return on
		}
		return row.Enabled
	}, nil
}

func groupVersion(row resources.Row) string {
	if row.Group == "" {
		return row.Version
	}
	return row.Group + "/" + row.Version
}

func class(version string) string {
	switch {
	case strings.Contains(version, "alpha"):
		return "api/alpha"
	case strings.Contains(version, "beta"):
		return "api/beta"
	}
	return "api/ga"
}

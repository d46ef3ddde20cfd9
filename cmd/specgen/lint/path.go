package lint

import (
	"fmt"
	"regexp"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

var pathStep = regexp.MustCompile(`^(?:\.([A-Za-z0-9_-]+)|\[([^\]]+)\])`)

// path follows a path such as .status.podIPs[0].ip through the schemas of a kind, and says where it ends too early; nothing
// when it arrives.
func (c *checker) path(kind, path string) string {
	file, name := c.doc.File, kind
	var at spec.M // nil while at a named schema
	for rest := path; rest != ""; {
		step := pathStep.FindStringSubmatch(rest)
		if step == nil {
			return fmt.Sprintf("cannot read %q", rest)
		}
		rest = rest[len(step[0]):]
		if step[2] != "" {
			items, ok := at["items"].(spec.M)
			if !ok {
				return step[0] + " is not on a list"
			}
			at = items
			continue
		}
		if values, ok := at["additionalProperties"].(spec.M); ok {
			at = values
			continue
		}
		if at != nil {
			ref, ok := at["$ref"].(string)
			if !ok {
				return step[1] + " is asked of a value that has no fields"
			}
			file, name = spec.Ref(ref, file)
		}
		d := c.model[file]
		if d == nil || d.Schemas[name] == nil {
			return "there is no schema " + name
		}
		if at = d.Schemas[name].Props[step[1]]; at == nil {
			return fmt.Sprintf("%s has no property %s", name, step[1])
		}
	}
	return ""
}

package golden

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	variable = regexp.MustCompile(`\$(\{[^{}]*\}|[A-Za-z][A-Za-z0-9_]*)`)
	repeat   = regexp.MustCompile(`^(.+)\*([0-9]+)$`)
)

// expand replaces $name, ${name} and ${text*count}. In a body an unknown $name stays, because patches have directives
// of that form ($patch, $setElementOrder); anywhere else it is a mistake in the script.
func expand(text string, vars map[string]string, body bool) (string, error) {
	var failed error
	out := variable.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found[1:], "{}")
		if value, ok := vars[name]; ok {
			return value
		}
		if m := repeat.FindStringSubmatch(name); m != nil && found[1] == '{' {
			count, err := strconv.Atoi(m[2])
			if err == nil {
				return strings.Repeat(m[1], count)
			}
		}
		if found[1] == '{' || !body {
			failed = fmt.Errorf("unknown variable %s", found)
		}
		return found
	})
	return out, failed
}

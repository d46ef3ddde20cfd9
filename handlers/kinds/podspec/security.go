package podspec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

const localhost = "Localhost"

var profileTypes = []string{localhost, "RuntimeDefault", "Unconfined"}

func seccomp(p *corev1.SeccompProfile, path *field.Path) (errs field.ErrorList) {
	if p.Type == "" {
		errs = append(errs, field.Required(path.Child("type"), "type is required when seccompProfile is set"))
	} else if !slices.Contains(profileTypes, p.Type) {
		errs = append(errs, field.NotSupported(path.Child("type"), p.Type, profileTypes))
	}
	at := path.Child("localhostProfile")
	switch {
	case p.Type != localhost && p.LocalhostProfile != nil:
		errs = append(errs, field.Invalid(at, display.Value(p), "can only be set when seccomp type is Localhost"))
	case p.Type == localhost && p.LocalhostProfile == nil:
		errs = append(errs, field.Required(at, "must be set when seccomp type is Localhost"))
	case p.Type == localhost:
		for _, msg := range rules.DescendingPath(*p.LocalhostProfile) {
			errs = append(errs, field.Invalid(at, *p.LocalhostProfile, msg))
		}
	}
	return errs
}

func appArmor(p *corev1.AppArmorProfile, path *field.Path) (errs field.ErrorList) {
	const longest = 4095
	at := path.Child("localhostProfile")
	switch p.Type {
	case localhost:
		const missing = "must be set when AppArmor type is Localhost"
		if p.LocalhostProfile == nil {
			return field.ErrorList{field.Required(at, missing)}
		}
		profile := *p.LocalhostProfile
		switch trimmed := strings.TrimSpace(profile); {
		case trimmed != profile:
			errs = append(errs, field.Invalid(at, profile, "must not be padded with whitespace"))
		case profile == "":
			errs = append(errs, field.Required(at, missing))
		}
		if len(profile) > longest {
			errs = append(errs, field.TooLong(at, "", longest))
		}
	case "RuntimeDefault", "Unconfined":
		if p.LocalhostProfile != nil {
			errs = append(errs, field.Invalid(at, p.LocalhostProfile, "can only be set when AppArmor type is Localhost"))
		}
	case "":
		errs = append(errs, field.Required(path.Child("type"), "type is required when appArmorProfile is set"))
	default:
		errs = append(errs, field.NotSupported(path.Child("type"), p.Type, profileTypes))
	}
	return errs
}

const (
	maxCredentialSpec = 64 * 1024
	maxUserDomain     = 256
	maxUserName       = 104
)

var (
	control        = regexp.MustCompile(`[[:cntrl:]]+`)
	netBIOS        = regexp.MustCompile(`^[^\\/:\*\?"<>|\.][^\\/:\*\?"<>|]{0,14}$`)
	windowsDomain  = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$`)
	forbiddenChars = regexp.MustCompile(`["/\\:;|=,\+\*\?<>@\[\]]`)
	onlyDotsSpaces = regexp.MustCompile(`^[\. ]+$`)
)

func windowsOptions(o *corev1.WindowsSecurityContextOptions, path *field.Path) (errs field.ErrorList) {
	if o.GMSACredentialSpecName != nil {
		for _, msg := range validation.IsDNS1123Subdomain(*o.GMSACredentialSpecName) {
			errs = append(errs, field.Invalid(path.Child("gmsaCredentialSpecName"), o.GMSACredentialSpecName, msg))
		}
	}
	if spec := o.GMSACredentialSpec; spec != nil {
		switch at := path.Child("gmsaCredentialSpec"); {
		case *spec == "":
			errs = append(errs, field.Invalid(at, spec, "gmsaCredentialSpec cannot be an empty string"))
		case len(*spec) > maxCredentialSpec:
			errs = append(errs, field.Invalid(at, spec, "gmsaCredentialSpec size must be under 64 KiB"))
		}
	}
	if name := o.RunAsUserName; name != nil {
		for _, msg := range windowsUser(*name) {
			errs = append(errs, field.Invalid(path.Child("runAsUserName"), name, msg))
		}
	}
	return errs
}

// windowsUser returns the faults of DOMAIN\user.
func windowsUser(name string) (msgs []string) {
	switch {
	case name == "":
		return []string{"runAsUserName cannot be an empty string"}
	case control.MatchString(name):
		return []string{"runAsUserName cannot contain control characters"}
	case strings.Count(name, `\`) > 1:
		return []string{"runAsUserName cannot contain more than one backslash"}
	}
	domain, user, hasDomain := strings.Cut(name, `\`)
	if !hasDomain {
		domain, user = "", name
	}
	if len(domain) >= maxUserDomain {
		msgs = append(msgs, fmt.Sprintf("runAsUserName's Domain length must be under %d characters", maxUserDomain))
	}
	if hasDomain && !netBIOS.MatchString(domain) && !windowsDomain.MatchString(domain) {
		msgs = append(msgs, "runAsUserName's Domain doesn't match the NetBios nor the DNS format")
	}
	if user == "" {
		msgs = append(msgs, "runAsUserName's User cannot be empty")
	} else if len(user) > maxUserName {
		msgs = append(msgs, fmt.Sprintf("runAsUserName's User length must not be longer than %d characters", maxUserName))
	}
	if onlyDotsSpaces.MatchString(user) {
		msgs = append(msgs, "runAsUserName's User cannot contain only periods or spaces")
	}
	if forbiddenChars.MatchString(user) {
		msgs = append(msgs, `runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]`)
	}
	return msgs
}

var sysctlPattern = regexp.MustCompile("^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$")

func sysctlName(path *field.Path, s string) field.ErrorList {
	const longest = 253
	if len(s) <= longest && sysctlPattern.MatchString(s) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, s, fmt.Sprintf("must have at most %d characters and match regex %s", longest, sysctlPattern))}
}

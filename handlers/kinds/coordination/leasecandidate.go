package coordination

import (
	"github.com/blang/semver/v4"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	coordinationv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/coordination/v1beta1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var leaseCandidates = kind.Kind{
	Group: group, Resource: "leasecandidates",
	Strategy: func(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
		s.ValidateName = func(name string, _ bool) []string { return utilvalidation.IsConfigMapKey(name) }
		s.Validate = kind.Version[*coordinationv1beta1.LeaseCandidate](row, "v1beta1", nil).Check(candidate)
	},
}

func candidate(o *coordinationv1beta1.LeaseCandidate) (errs field.ErrorList) {
	c := &o.Spec
	if c.LeaseName == "" {
		errs = append(errs, field.Required(spec.Child("leaseName"), ""))
	}
	parse := func(text, name string) semver.Version {
		v, err := semver.Parse(text)
		if err != nil {
			errs = append(errs, field.Invalid(spec.Child(name), text, "must be a valid semantic version"))
		}
		return v
	}
	var emulated, binary semver.Version
	if c.EmulationVersion != "" {
		emulated = parse(c.EmulationVersion, "emulationVersion")
	}
	if c.BinaryVersion == "" {
		errs = append(errs, field.Required(spec.Child("binaryVersion"), ""))
	} else {
		binary = parse(c.BinaryVersion, "binaryVersion")
	}
	if c.BinaryVersion != "" && c.EmulationVersion != "" && binary.LT(emulated) {
		errs = append(errs, field.Invalid(spec.Child("binaryVersion"), c.BinaryVersion, "must be greater than or equal to `emulationVersion`"))
	}
	if c.Strategy == "" {
		return append(errs, field.Required(spec.Child("strategy"), ""))
	}
	if c.Strategy == oldestVersion && emulated.EQ(semver.Version{}) {
		errs = append(errs, field.Required(spec.Child("emulationVersion"), "must be specified when `strategy` is 'OldestEmulationVersion'"))
	}
	return append(errs, strategyName(c.Strategy, spec.Child("strategy"))...)
}

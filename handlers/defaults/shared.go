package defaults

import (
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// This file has the former names of what has moved to handlers/kinds/podspec.

var (
	podTemplateSpec              = podspec.DefaultTemplate
	podSpec                      = podspec.Default
	dropInitContainerAnnotations = podspec.DropInitContainerAnnotations
)

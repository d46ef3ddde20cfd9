package plugins

import (
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
)

func resourceQuota(d *Deps, c admission.Configured) (any, error) {
	limited, err := resourcequota.ReadConfiguration(c.Content)
	if err != nil {
		return nil, err
	}
	return resourcequota.New(resourcequota.Plugin{
		Registry: quota.NewRegistry(d.Enabled, d.Cached), Cached: d.Cached, Live: d.Live, Charger: d.Charger, Convert: d.Convert, Limited: limited,
	}), nil
}

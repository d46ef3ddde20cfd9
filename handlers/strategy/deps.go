package strategy

import (
	"math/rand/v2"
	"time"
)

func (d *Deps) setDefaults() {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Rand == nil {
		d.Rand = rand.IntN
	}
	if len(d.ServiceCIDRs) == 0 {
		d.ServiceCIDRs = []string{"10.0.0.0/24"}
	}
	if d.NodePorts == "" {
		d.NodePorts = "30000-32767"
	}
}

package strategy

import (
	"log/slog"
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
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if len(d.ServiceCIDRs) == 0 {
		d.ServiceCIDRs = []string{"10.0.0.0/24"}
	}
	if d.NodePorts == "" {
		d.NodePorts = "30000-32767"
	}
}

package strategy

type services struct{ d *Deps }

func newServices(d *Deps) *services { return &services{d} }

func (s *services) entries() map[key]entry { return nil }

package bench

import (
	"math"
	"slices"
	"strconv"
)

// scale maps figures to positions.
type scale struct {
	from, to   float64
	log        bool
	begin, end float64
}

func (s scale) at(v float64) float64 {
	from, to := s.from, s.to
	if s.log {
		v, from, to = math.Log(v), math.Log(from), math.Log(to)
	}
	if to == from {
		return (s.begin + s.end) / 2
	}
	return s.begin + (v-from)/(to-from)*(s.end-s.begin)
}

// vertical is the scale that has all of ys, from one round number to another.
func (p panel) vertical(ys []float64) scale {
	s := scale{log: p.log, begin: plotBottom, end: plotTop}
	if s.log {
		least, most := slices.Min(ys), slices.Max(ys)
		if s.from, s.to = roundDown(least), roundUp(most); s.wide() {
			s.from, s.to = math.Pow(10, math.Floor(math.Log10(least))), math.Pow(10, math.Ceil(math.Log10(most)))
		}
	} else {
		step := s.step(slices.Max(ys))
		s.to = math.Ceil(slices.Max(ys)/step) * step
	}
	if s.to <= s.from {
		s.to = s.from + 1
	}
	return s
}

// ticks are the figures at which lines are drawn: no more than about eight.
func (s scale) ticks() []float64 {
	var all []float64
	if !s.log {
		for v, step := 0.0, s.step(s.to); v <= s.to*1.001; v += step {
			all = append(all, v)
		}
		return all
	}
	steps := []float64{1, 2, 5}
	if s.wide() {
		steps = []float64{1}
	}
	for decade := math.Floor(math.Log10(s.from) + 1e-9); ; decade++ {
		for _, step := range steps {
			v := step * math.Pow(10, decade)
			if v > s.to*1.001 {
				return all
			}
			if v >= s.from*0.999 {
				all = append(all, v)
			}
		}
	}
}

// wide says of a logarithmic scale that its powers of ten are lines enough.
func (s scale) wide() bool { return s.to/s.from > 50 }

// step is a round distance that divides what lies between zero and top into three to six.
func (s scale) step(top float64) float64 { return roundUp(top / 6) }

// tickText is a round number: no more digits than it has.
func tickText(v float64) string {
	if v >= 1000 {
		return grouped(int(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// roundDown is the next of 1, 2, 5, 10, 20 ... at or below a positive number, roundUp that at or above it.
func roundDown(v float64) float64 {
	return rounded(v, []float64{5, 2, 1}, func(a, b float64) bool { return a <= b })
}
func roundUp(v float64) float64 {
	return rounded(v, []float64{1, 2, 5, 10}, func(a, b float64) bool { return a >= b })
}

func rounded(v float64, steps []float64, fits func(a, b float64) bool) float64 {
	if v <= 0 {
		return 1
	}
	decade := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range steps {
		if fits(step*decade, v) {
			return step * decade
		}
	}
	return decade
}

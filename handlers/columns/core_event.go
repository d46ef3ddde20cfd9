package columns

import (
	"strings"
	"time"
)

// eventFirstSeen gets the first timestamp and the time of an event of the newer form.
func eventFirstSeen(v values, now time.Time) any {
	if first := v.Time(0); !first.IsZero() {
		return age(first, now)
	}
	return age(v.Time(1), now)
}

// eventLastSeen gets the last time of a series, nil without one, then the last and the arguments of eventFirstSeen.
func eventLastSeen(v values, now time.Time) any {
	if v[0] != nil {
		return age(v.Time(0), now)
	}
	if last := v.Time(1); !last.IsZero() {
		return age(last, now)
	}
	return eventFirstSeen(v[2:], now)
}

// eventCount gets the count of a series, nil without one, and the event's own. No count means one.
func eventCount(v values, _ time.Time) any {
	switch {
	case v[0] != nil:
		return v[0]
	case v.Number(1) == 0:
		return int64(1)
	}
	return v[1]
}

// eventObject gets kind and name.
func eventObject(v values, _ time.Time) any {
	kind := strings.ToLower(v.Text(0))
	if v.Text(1) == "" {
		return kind
	}
	return kind + "/" + v.Text(1)
}

// eventSource gets component and host, then the controller and instance that newer events have instead.
func eventSource(v values, _ time.Time) any {
	component, instance := firstText(v.Text(0), v.Text(2)), firstText(v.Text(1), v.Text(3))
	if instance == "" {
		return component
	}
	return component + ", " + instance
}

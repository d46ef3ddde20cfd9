package schema

import (
	"time"
	"unicode/utf8"
)

// plainMeta says whether metadata is in its normal form already: reading it into ObjectMeta and writing it again would give the same.
// False means that the library must be asked.
func plainMeta(v any) bool {
	meta, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for k, v := range meta {
		switch k {
		case "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion":
			ok = isText(v)
		case "generation":
			n, is := v.(int64)
			ok = is && n != 0
		case "deletionGracePeriodSeconds":
			_, ok = v.(int64)
		case "creationTimestamp", "deletionTimestamp":
			ok = isTime(v)
		case "labels", "annotations":
			ok = isTexts(v)
		case "finalizers":
			ok = isList(v, isAnyText)
		case "ownerReferences":
			ok = isList(v, isOwner)
		case "managedFields":
			ok = isList(v, isManaged)
		default:
			return false
		}
		if !ok {
			return false
		}
	}
	return true
}

func isAnyText(v any) bool {
	s, ok := v.(string)
	return ok && utf8.ValidString(s)
}

// isText is for a text that is left out when it is empty.
func isText(v any) bool {
	s, ok := v.(string)
	return ok && s != "" && utf8.ValidString(s)
}

func isTexts(v any) bool {
	m, ok := v.(map[string]any)
	if !ok || len(m) == 0 {
		return false
	}
	for k, v := range m {
		if !isAnyText(v) || !utf8.ValidString(k) {
			return false
		}
	}
	return true
}

func isList(v any, item func(any) bool) bool {
	l, ok := v.([]any)
	if !ok || len(l) == 0 {
		return false
	}
	for _, v := range l {
		if !item(v) {
			return false
		}
	}
	return true
}

// isTime is for a time as it is written: in UTC, to the second, and not the zero time.
func isTime(v any) bool {
	const form = "2006-01-02T15:04:05Z"
	s, ok := v.(string)
	if !ok || len(s) != len(form) {
		return false
	}
	t, err := time.Parse(form, s)
	return err == nil && !t.IsZero()
}

func isOwner(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	required := 0
	for k, v := range m {
		switch k {
		case "apiVersion", "kind", "name", "uid":
			required++
			ok = isAnyText(v)
		case "controller", "blockOwnerDeletion":
			_, ok = v.(bool)
		default:
			return false
		}
		if !ok {
			return false
		}
	}
	return required == 4
}

func isManaged(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for k, v := range m {
		switch k {
		case "manager", "operation", "apiVersion", "fieldsType", "subresource":
			ok = isText(v)
		case "time":
			ok = isTime(v)
		case "fieldsV1":
			ok = isFields(v)
		default:
			return false
		}
		if !ok {
			return false
		}
	}
	return true
}

// isFields is for a set of fields: objects in objects.
func isFields(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for k, v := range m {
		if !utf8.ValidString(k) || !isFields(v) {
			return false
		}
	}
	return true
}

package codec

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Lifecycle is the part of an object's metadata that decides when the object goes.
type Lifecycle struct {
	UID        types.UID               `json:"uid"`
	Owners     []metav1.OwnerReference `json:"ownerReferences"`
	Finalizers []string                `json:"finalizers"`
	// Deleting: the object has a deletionTimestamp.
	Deleting bool `json:"-"`
}

// Field numbers of objectMeta and of ownerReference.
const (
	uidNumber        = 5
	deletionNumber   = 9
	finalizersNumber = 14

	ownerKindNumber       = 1
	ownerNameNumber       = 3
	ownerVersionNumber    = 5
	ownerControllerNumber = 6
	ownerBlocksNumber     = 7
)

// ReadLifecycle reads it from a stored object of any kind, without building the object.
func ReadLifecycle(stored []byte) (Lifecycle, error) {
	if !IsProtobuf(stored) {
		return lifecycleOfJSON(stored)
	}
	var l Lifecycle
	e, err := openEnvelope(stored)
	if err != nil {
		return l, err
	}
	m, err := findMetadata(e.raw)
	if err != nil {
		return l, err
	}
	for i := 0; i < len(m.content); {
		number, kind, from, to, err := next(m.content, i)
		if err != nil {
			return l, err
		}
		if i = to; number != uidNumber && number != deletionNumber && number != ownersNumber && number != finalizersNumber {
			continue
		}
		if kind != wireBytes {
			return l, errIrregular
		}
		switch part := m.content[from:to]; number {
		case uidNumber:
			l.UID = types.UID(part)
		case deletionNumber:
			l.Deleting = true
		case finalizersNumber:
			l.Finalizers = append(l.Finalizers, string(part))
		case ownersNumber:
			owner, err := readOwner(part)
			if err != nil {
				return l, err
			}
			l.Owners = append(l.Owners, owner)
		}
	}
	return l, nil
}

func readOwner(b []byte) (o metav1.OwnerReference, err error) {
	for i := 0; i < len(b); {
		number, kind, from, to, err := next(b, i)
		if err != nil {
			return o, err
		}
		i = to
		switch {
		case kind == wireBytes:
			switch number {
			case ownerKindNumber:
				o.Kind = string(b[from:to])
			case ownerNameNumber:
				o.Name = string(b[from:to])
			case ownerUIDNumber:
				o.UID = types.UID(b[from:to])
			case ownerVersionNumber:
				o.APIVersion = string(b[from:to])
			}
		case kind == wireVarint && (number == ownerControllerNumber || number == ownerBlocksNumber):
			v, _, err := varint(b, from)
			if err != nil {
				return o, err
			}
			yes := v != 0
			if number == ownerControllerNumber {
				o.Controller = &yes
			} else {
				o.BlockOwnerDeletion = &yes
			}
		}
	}
	return o, nil
}

func lifecycleOfJSON(stored []byte) (Lifecycle, error) {
	var l struct {
		Lifecycle
		DeletionTimestamp *string `json:"deletionTimestamp"`
	}
	var read error
	err := members(stored, 0, func(m member) bool {
		if m.key != "metadata" {
			return true
		}
		read = json.Unmarshal(stored[m.value:m.to], &l)
		return false
	})
	if err == nil {
		err = read
	}
	l.Deleting = l.DeletionTimestamp != nil
	return l.Lifecycle, err
}

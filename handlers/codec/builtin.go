package codec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	wire "github.com/gatehouse-dev/gatehouse/gen/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Builtin is the codec of a built-in kind in one version: it is kept in protobuf, possibly as another version.
type Builtin struct {
	gvk, storage     schema.GroupVersionKind
	apiVersion, kind string
	message          *wire.Message
	empty            func() runtime.Object
	toStorage        resource.Converter
	defaults         func(object.Object)
	from             map[schema.GroupVersionKind]resource.Converter
	storedVersion    string
	storedKind       string
	sameVersion      bool
	// asJSON lets Encode write JSON; both forms are read in any case. unserved is the version of that JSON where it is none
	// of the generated types; such JSON goes through toStorage and from.
	asJSON   bool
	unserved func() object.Object
	// required are the numbers, outermost first, of fields that are filled by defaults when they are empty.
	required [][]uint64
	// needs are what a defaulted object has; nil where there are no defaults.
	needs func() *needs
	// hidden are annotations that are left out where only the metadata is shown.
	hidden []string
	parts
}

var _ resource.Codec = &Builtin{}

// NewBuiltin makes the codec of gvk, whose objects are stored as storage. The converters may be nil when both are the
// same; defaults may be nil and runs on every object that Decode builds.
func NewBuiltin(gvk, storage schema.GroupVersionKind, toStorage, fromStorage resource.Converter, defaults func(object.Object)) (*Builtin, error) {
	return (&Builtin{toStorage: toStorage, defaults: defaults}).of(gvk, storage, fromStorage)
}

// NewJSON is NewBuiltin for a kind that is stored as JSON, as upstream stores those that its extensions brought,
// whatever its other kinds are stored in. unserved makes an empty object of the stored version where it is none of the
// generated types; it may be nil.
func NewJSON(gvk, storage schema.GroupVersionKind, toStorage, fromStorage resource.Converter, defaults func(object.Object), unserved func() object.Object) (*Builtin, error) {
	return (&Builtin{toStorage: toStorage, defaults: defaults, asJSON: true, unserved: unserved}).of(gvk, storage, fromStorage)
}

func (c *Builtin) of(gvk, storage schema.GroupVersionKind, fromStorage resource.Converter) (*Builtin, error) {
	c.gvk, c.storage = gvk, storage
	c.apiVersion, c.kind = gvk.ToAPIVersionAndKind()
	c.storedVersion, c.storedKind = storage.ToAPIVersionAndKind()
	c.sameVersion = gvk == storage
	c.message = wire.ByKind(c.apiVersion, c.kind)
	c.empty = resources.Kinds[gvk]
	if c.message == nil || c.empty == nil {
		return nil, fmt.Errorf("%v is not a built-in kind", gvk)
	}
	if _, ok := c.empty().(object.Object); !ok {
		return nil, fmt.Errorf("%v has no metadata", gvk)
	}
	c.parts = partsOf(c.empty())
	if c.defaults != nil {
		c.needs = sync.OnceValue(func() *needs {
			o := c.empty().(object.Object)
			c.defaults(o)
			n, _ := needsOf(o) // the kind has a message, as was seen above
			return n
		})
	}
	if !c.sameVersion {
		if c.toStorage == nil || fromStorage == nil {
			return nil, fmt.Errorf("%v is stored as %v, which needs converters", gvk, storage)
		}
		if resources.Kinds[storage] == nil && c.unserved == nil {
			return nil, fmt.Errorf("%v is not a built-in kind", storage)
		}
		c.from = map[schema.GroupVersionKind]resource.Converter{storage: fromStorage}
	}
	return c, nil
}

// ReadFrom makes the codec also read objects that lie in the store in another version than new ones are written in. It
// must be called before the codec is in use.
func (c *Builtin) ReadFrom(gvk schema.GroupVersionKind, convert resource.Converter) {
	if c.from == nil {
		c.from = map[schema.GroupVersionKind]resource.Converter{}
	}
	c.from[gvk] = convert
}

// DefaultWhenEmpty names a field, outermost first, that may be empty in the store although readers must see its default:
// upstream applies defaults to everything it reads, and some fields are cleared or made between defaulting and storing.
// Objects without it take the long way. It must be called before the codec is in use.
func (c *Builtin) DefaultWhenEmpty(path ...string) error {
	m := c.message
	var numbers []uint64
	for _, name := range path {
		if m == nil {
			return fmt.Errorf("%v: nothing is in the field before %s", c.gvk, name)
		}
		fields := m.Fields()
		i := slices.IndexFunc(fields, func(f wire.Field) bool { return f.Name == name })
		// An inlined struct would need its own number too.
		if i < 0 || m.Lookup(uint64(fields[i].Number)).Field != uint8(i+1) {
			return fmt.Errorf("%v: no field %s in %s", c.gvk, name, m.Name)
		}
		numbers = append(numbers, uint64(fields[i].Number))
		if m = nil; fields[i].Kind == wire.Struct {
			m = fields[i].Element()
		}
	}
	c.required = append(c.required, numbers)
	return nil
}

// complete says whether an object's message has all fields that readers must see.
func (c *Builtin) complete(raw []byte) bool {
	for _, path := range c.required {
		b := raw
		for _, number := range path {
			b = lookup(b, number)
		}
		if len(b) == 0 {
			return false
		}
	}
	return true
}

// lookup is the content of the last field with the number; nil when there is none.
func lookup(b []byte, wanted uint64) (content []byte) {
	for i := 0; i < len(b); {
		number, _, from, to, err := next(b, i)
		if err != nil {
			return nil
		}
		if number == wanted {
			content = b[from:to]
		}
		i = to
	}
	return content
}

// Encode implements resource.Codec. The object's resourceVersion is not stored.
func (c *Builtin) Encode(o object.Object) ([]byte, error) {
	if !c.sameVersion {
		converted, err := c.toStorage(o)
		if err != nil {
			return nil, fmt.Errorf("%v to %v: %w", c.gvk, c.storage, err)
		}
		converted.GetObjectKind().SetGroupVersionKind(c.storage)
		o = converted
	}
	if version := o.GetResourceVersion(); version != "" {
		// The object is the caller's: it gets back what it had.
		o.SetResourceVersion("")
		defer o.SetResourceVersion(version)
	}
	marshal := marshalAs
	if c.asJSON {
		marshal = marshalJSON
	}
	b, err := marshal(o, c.storedVersion, c.storedKind)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", c.gvk, err)
	}
	return b, nil
}

// Decode implements resource.Codec.
func (c *Builtin) Decode(stored []byte, revision int64) (object.Object, error) {
	_, e, err := c.open(stored)
	if err != nil {
		return nil, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	o, err := c.decode(e)
	if err != nil {
		return nil, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	o.SetResourceVersion("")
	if revision != 0 {
		o.SetResourceVersion(strconv.FormatInt(revision, 10))
	}
	if c.defaults != nil {
		c.defaults(o)
	}
	return o, nil
}

// decode builds the object in the version that is served, from whichever version it lies in.
func (c *Builtin) decode(e envelope) (object.Object, error) {
	if c.serves(e) {
		o := c.empty()
		if err := unmarshalMessage(e.raw, o); err != nil {
			return nil, err
		}
		o.GetObjectKind().SetGroupVersionKind(c.gvk)
		return o.(object.Object), nil
	}
	gvk := schema.FromAPIVersionAndKind(string(e.apiVersion), string(e.kind))
	convert, empty := c.from[gvk], resources.Kinds[gvk]
	if convert == nil || empty == nil {
		return nil, fmt.Errorf("it is stored as %v, which is not readable", gvk)
	}
	in, ok := empty().(object.Object)
	if !ok {
		return nil, fmt.Errorf("it is stored as %v, which has no metadata", gvk)
	}
	if err := unmarshalMessage(e.raw, in); err != nil {
		return nil, err
	}
	in.GetObjectKind().SetGroupVersionKind(gvk)
	o, err := convert(in)
	if err != nil {
		return nil, fmt.Errorf("from %v: %w", gvk, err)
	}
	o.GetObjectKind().SetGroupVersionKind(c.gvk)
	return o, nil
}

// serves says whether the envelope holds the version that is served.
func (c *Builtin) serves(e envelope) bool {
	return string(e.apiVersion) == c.apiVersion && string(e.kind) == c.kind
}

// copyable says whether the envelope's bytes are what readers must see.
func (c *Builtin) copyable(e envelope) bool {
	return c.copyableMetadata(e) && (c.needs == nil || c.needs().met(e.raw))
}

// copyableMetadata is copyable for those of the metadata.
func (c *Builtin) copyableMetadata(e envelope) bool {
	return c.serves(e) && (c.required == nil || c.complete(e.raw))
}

// AppendJSON implements resource.Codec. Items of a list have no apiVersion and kind.
func (c *Builtin) AppendJSON(dst, stored []byte, revision int64, item bool) ([]byte, error) {
	how := versioned
	if !item {
		how |= typed
	}
	return c.appendJSON(dst, stored, revision, c.message, how)
}

// appendJSON appends what message m shows of the object.
func (c *Builtin) appendJSON(dst, stored []byte, revision int64, m *wire.Message, how mode) ([]byte, error) {
	_, e, err := c.open(stored)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	if c.copyable(e) {
		out, err := transcode(dst, m, e.raw, revision, how)
		if !errors.Is(err, errIrregular) {
			return out, err
		}
	}
	raw, err := c.canonical(e)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	return transcode(dst, m, raw, revision, how)
}

// canonical is the message of the object in the version that is served, with defaults, as upstream would write it.
func (c *Builtin) canonical(e envelope) ([]byte, error) {
	o, err := c.decode(e)
	if err != nil {
		return nil, err
	}
	if c.defaults != nil {
		c.defaults(o)
	}
	return AppendProtobufMessage(nil, o)
}

// AppendProtobuf implements resource.Codec.
func (c *Builtin) AppendProtobuf(dst, stored []byte, revision int64, item bool) ([]byte, error) {
	stored, e, err := c.open(stored)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	digits := appendRevision(nil, revision)
	if c.copyable(e) && e.rawEnd > 0 {
		out, err := appendSpliced(dst, stored, e, digits, item)
		if !errors.Is(err, errIrregular) {
			return out, err
		}
	}
	raw, err := c.canonical(e)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.gvk, err)
	}
	whole := append(appendEnvelope(nil, c.apiVersion, c.kind, len(raw)), raw...)
	whole = append(whole, envelopeTail...)
	if e, err = openEnvelope(whole); err != nil {
		return dst, err
	}
	return appendSpliced(dst, whole, e, digits, item)
}

// Conversion implements resource.Codec: versions of built-in kinds are converted here.
func (c *Builtin) Conversion() resource.Conversion { return nil }

// appendRevision appends the digits of a resourceVersion; nothing for 0.
func appendRevision(dst []byte, revision int64) []byte {
	if revision == 0 {
		return dst
	}
	return strconv.AppendInt(dst, revision, 10)
}

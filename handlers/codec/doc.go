// Package codec turns objects into bytes and back: for the store, for clients, and between the two without building
// objects in the middle.
//
// # Stored objects
//
// NewBuiltin makes the resource.Codec of a built-in kind and NewUnstructured that of a custom one. A built-in object
// lies in the store as the message that upstream's generated marshalers would write, in upstream's envelope. Reading it
// costs no structs: AppendProtobuf copies the bytes and puts the resourceVersion in its place, AppendJSON transcodes
// them by the tables of gen/schema. Three cases take the long way through a struct, with the same result: another
// stored version, bytes that no Kubernetes wrote (legal but not canonical), and Decode itself.
//
// # Requests
//
// Negotiate decides what to answer with (Output), BodyFormat what a body is in; Body.Decode reads the object of a create
// or update with field validation, DecodeDeleteOptions the body of a delete. All their errors are API errors in
// upstream's words.
//
// # Answers
//
// Each function appends to a buffer that the caller owns and may reuse; on an error the buffer is as it was.
//
//	AppendStored       one stored object, or its metadata, as a whole answer
//	AppendObject       any other object: Status, reviews, scale
//	List.Write         many stored objects, streamed
//	List.Parts         what stands around items that AppendItems has made before
//	Table, AppendRow   rows; cells come from package columns. Finish makes it an answer
//	AppendEvent        one frame of a watch, around AppendEventObject or AppendEventValue
//	MarshalProtobuf    any generated or meta/v1 object in its envelope, UnmarshalProtobuf back
//	UnmarshalJSON      the same from JSON, several times faster than a general decoder
//
// Format.MediaType and Format.WatchType are the Content-Type of answers.
//
// # Without objects
//
// Attributes finds what selectors ask in stored bytes of any kind, Owners whom an object belongs to. MergePatch patches the
// text of an object and copies what it does not name; Split and Join divide a text for patches that need a part of it.
package codec

//go:build !linux

package embedded

// unload does nothing: elsewhere the kernel is left to find out by itself what is not needed.
func unload(string) error { return nil }

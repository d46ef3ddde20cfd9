package embedded

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unload tells the kernel that this process does without the pages of a file that it maps, shared and for reading only.
// They stay in the page cache, and each comes back when it is read again. The file must not be unmapped meanwhile: what
// is mapped in its place would lose its content.
func unload(file string) error {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return fmt.Errorf("find where %s is mapped: %w", file, err)
	}
	for line := range strings.Lines(string(maps)) {
		from, to, ok := mapped(strings.TrimSuffix(line, "\n"), file)
		if !ok {
			continue
		}
		if _, _, failed := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED); failed != 0 {
			return fmt.Errorf("unload %s: %w", file, failed)
		}
	}
	return nil
}

// mapped reads a line of /proc/self/maps: range, mode, offset, device, inode and, after some spaces, the path.
func mapped(line, file string) (from, to uintptr, ok bool) {
	span, rest, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(rest, "r--s ") || !strings.HasSuffix(rest, " "+file) {
		return 0, 0, false
	}
	first, last, _ := strings.Cut(span, "-")
	begin, err1 := strconv.ParseUint(first, 16, 64)
	end, err2 := strconv.ParseUint(last, 16, 64)
	return uintptr(begin), uintptr(end), err1 == nil && err2 == nil && begin < end
}

package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
)

// forgetter lets the reference forget by a command that gets the revision as its last argument. It has to compact the
// reference's etcd and to start the reference anew, which goes on answering from what it remembers otherwise.
func forgetter(command string) func(context.Context, int64) (string, error) {
	return func(ctx context.Context, revision int64) (string, error) {
		out, err := exec.CommandContext(ctx, command, strconv.FormatInt(revision, 10)).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%s: %w: %s", command, err, out)
		}
		return "", nil
	}
}

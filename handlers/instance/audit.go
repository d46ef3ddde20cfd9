package instance

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// The ways in which events reach their backend: collected and by another goroutine, by the goroutine of the request, and
// so that the request fails when they do not.
const (
	modeBatch    = "batch"
	modeBlocking = "blocking"
	modeStrict   = "blocking-strict"
)

// AuditModes are all of them.
var AuditModes = []string{modeBatch, modeBlocking, modeStrict}

// AuditBackend is how events reach a backend.
type AuditBackend struct {
	// Mode is batch, blocking or blocking-strict. Version is that of the events; only audit.k8s.io/v1.
	Mode, Version string
	Batch         audit.BatchOptions
	// Truncate leaves the bodies out of large events and splits large batches, of these many bytes.
	Truncate           bool
	MaxBatch, MaxEvent int64
}

// Audit says of which requests how much is told, and to whom.
type Audit struct {
	// PolicyFile says of what; nothing is told when it is empty.
	PolicyFile string
	// Path is a file, - for standard output; Format is json or legacy.
	Path, Format string
	Rotation     audit.Rotation
	// WebhookFile is the kubeconfig of a server that is told. WebhookBackoff is the first pause after a failure.
	WebhookFile    string
	WebhookBackoff time.Duration
	Log, Webhook   AuditBackend
}

func defaultAudit() Audit {
	backend := func(mode string, batch audit.BatchOptions) AuditBackend {
		return AuditBackend{Mode: mode, Version: "audit.k8s.io/v1", Batch: batch, MaxBatch: 10 << 20, MaxEvent: 100 << 10}
	}
	return Audit{
		Format: "json", WebhookBackoff: 10 * time.Second, Rotation: audit.Rotation{MaxAge: 366, MaxBackups: 100, MaxSize: 100},
		Log: backend(modeBlocking, audit.BatchOptions{Buffer: 10000, MaxSize: 1}),
		Webhook: backend(modeBatch, audit.BatchOptions{
			Buffer: 10000, MaxSize: 400, MaxWait: 30 * time.Second, Throttle: true, QPS: 10, Burst: 15,
		}),
	}
}

func (o *Audit) validate(fault func(format string, a ...any)) {
	if o.Path != "" {
		o.Log.validate("log", fault)
		if o.Format != "json" && o.Format != "legacy" {
			fault("invalid audit log format %s, allowed formats are \"legacy,json\"", o.Format)
		}
		for flag, n := range map[string]int{"age": o.Rotation.MaxAge, "backup": o.Rotation.MaxBackups, "size": o.Rotation.MaxSize} {
			if n < 0 {
				fault("--audit-log-max%s %v can't be a negative number", flag, n)
			}
		}
	}
	if o.WebhookFile != "" {
		o.Webhook.validate("webhook", fault)
	}
}

func (b *AuditBackend) validate(name string, fault func(format string, a ...any)) {
	if !slices.Contains(AuditModes, b.Mode) {
		fault("invalid audit %s mode %s, allowed modes are %q", name, b.Mode, strings.Join(AuditModes, ","))
	}
	if b.Version != "audit.k8s.io/v1" {
		fault("--audit-%s-version: invalid group version, allowed versions are %q", name, []string{"audit.k8s.io/v1"})
	}
	if b.Truncate && (b.MaxBatch <= 0 || b.MaxEvent <= 0 || b.MaxBatch < b.MaxEvent) {
		fault("invalid audit truncate %s sizes: the batch's must be above zero and not below the event's", name)
	}
	if b.Mode != modeBatch {
		return
	}
	positive := func(what string, ok bool, n any) {
		if !ok {
			fault("invalid audit batch %s %s %v, must be a positive number", name, what, n)
		}
	}
	positive("buffer size", b.Batch.Buffer > 0, b.Batch.Buffer)
	positive("max batch size", b.Batch.MaxSize > 0, b.Batch.MaxSize)
	if b.Batch.Throttle {
		positive("throttle QPS", b.Batch.QPS > 0, b.Batch.QPS)
		positive("throttle burst", b.Batch.Burst > 0, b.Batch.Burst)
	}
}

// sink puts the way to a backend around it.
func (b *AuditBackend) sink(s audit.Sink, log *slog.Logger) audit.Sink {
	if b.Truncate {
		s = audit.Truncate{Sink: s, MaxBatch: b.MaxBatch, MaxEvent: b.MaxEvent, Log: log}
	}
	switch b.Mode {
	case modeBatch:
		return audit.NewBatch(s, b.Batch, log)
	case modeBlocking:
		return audit.Lenient{Sink: s}
	}
	return s
}

// open is the auditor; nil when nothing is to be told, or nobody.
func (o *Audit) open(log *slog.Logger) (*audit.Auditor, error) {
	if o.PolicyFile == "" {
		if o.Path != "" || o.WebhookFile != "" {
			log.Warn("without --audit-policy-file no audit events are recorded")
		}
		return nil, nil
	}
	policy, err := audit.ReadPolicy(o.PolicyFile)
	if err != nil {
		return nil, err
	}
	var sinks audit.Sinks
	if o.Path != "" {
		file, err := o.file(log)
		if err != nil {
			return nil, fmt.Errorf("--audit-log-path: %w", err)
		}
		sinks = append(sinks, o.Log.sink(file, log))
	}
	if o.WebhookFile != "" {
		client, err := webhook.Open(o.WebhookFile, log)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("--audit-webhook-config-file: %w", err), closed(sinks))
		}
		client.Backoff.First = o.WebhookBackoff
		sinks = append(sinks, o.Webhook.sink(audit.NewWebhook(client, log), log))
	}
	if len(sinks) == 0 {
		return nil, nil
	}
	return &audit.Auditor{Policy: policy, Sink: sinks, Log: log}, nil
}

// closed closes what was opened before something else failed.
func closed(s audit.Sinks) error {
	s.Close()
	return nil
}

// file opens the log file. That it can be written is found out now and not with the first request.
func (o *Audit) file(log *slog.Logger) (audit.Sink, error) {
	legacy := o.Format == "legacy"
	if o.Path == "-" {
		return audit.NewWriter(os.Stdout, legacy, log), nil
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(o.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if o.Rotation.MaxSize == 0 {
		return audit.NewWriter(f, legacy, log), nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return audit.NewFile(o.Path, o.Rotation, legacy, log), nil
}

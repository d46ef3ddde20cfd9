package main

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

var auditModes = []string{modeBatch, modeBlocking, modeStrict}

// auditBackend are the flags that both backends have.
type auditBackend struct {
	name, mode, version string
	batch               audit.BatchOptions
	truncate            bool
	maxBatch, maxEvent  int64
}

// auditOptions are the flags about the audit log.
type auditOptions struct {
	policyFile     string
	path, format   string
	rotation       audit.Rotation
	webhookFile    string
	webhookBackoff time.Duration
	log, webhook   auditBackend
}

func (o *auditOptions) register(s *flagSets) {
	f := s.in("auditing")
	o.format, o.webhookBackoff = "json", 10*time.Second
	o.rotation = audit.Rotation{MaxAge: 366, MaxBackups: 100, MaxSize: 100}
	f.StringVar(&o.policyFile, "audit-policy-file", "", "Policy (audit.k8s.io/v1) that says of which requests how much is told; nothing is when empty.")
	f.StringVar(&o.path, "audit-log-path", "", "File that audit events are written to; - is standard output.")
	f.StringVar(&o.format, "audit-log-format", o.format, "Form of the events in the file: json or legacy.")
	f.IntVar(&o.rotation.MaxAge, "audit-log-maxage", o.rotation.MaxAge, "Days that old audit files are kept; 0 for ever.")
	f.IntVar(&o.rotation.MaxBackups, "audit-log-maxbackup", o.rotation.MaxBackups, "How many old audit files are kept; 0 for all.")
	f.IntVar(&o.rotation.MaxSize, "audit-log-maxsize", o.rotation.MaxSize, "Size in megabytes from which the audit file is put aside; 0 never does it.")
	f.BoolVar(&o.rotation.Compress, "audit-log-compress", false, "Compress old audit files.")
	f.StringVar(&o.webhookFile, "audit-webhook-config-file", "", "Kubeconfig file of a server that audit events are sent to.")
	f.DurationVar(&o.webhookBackoff, "audit-webhook-initial-backoff", o.webhookBackoff, "Pause before a failed sending is tried again for the first time.")
	f.DurationVar(&o.webhookBackoff, "audit-webhook-batch-initial-backoff", o.webhookBackoff, "Old name of --audit-webhook-initial-backoff.")
	o.log = auditBackend{name: "log", mode: modeBlocking, batch: audit.BatchOptions{Buffer: 10000, MaxSize: 1}}
	o.webhook = auditBackend{name: "webhook", mode: modeBatch, batch: audit.BatchOptions{
		Buffer: 10000, MaxSize: 400, MaxWait: 30 * time.Second, Throttle: true, QPS: 10, Burst: 15,
	}}
	o.log.register(s)
	o.webhook.register(s)
}

func (b *auditBackend) register(s *flagSets) {
	f, p := s.in("auditing"), "audit-"+b.name+"-"
	b.version, b.maxBatch, b.maxEvent = "audit.k8s.io/v1", 10<<20, 100<<10
	f.StringVar(&b.mode, p+"mode", b.mode, "How events get there: "+strings.Join(auditModes, ", ")+".")
	f.StringVar(&b.version, p+"version", b.version, "Version of the events; only audit.k8s.io/v1.")
	f.IntVar(&b.batch.Buffer, p+"batch-buffer-size", b.batch.Buffer, "How many events may wait; in batch mode.")
	f.IntVar(&b.batch.MaxSize, p+"batch-max-size", b.batch.MaxSize, "How many events make a batch; in batch mode.")
	f.DurationVar(&b.batch.MaxWait, p+"batch-max-wait", b.batch.MaxWait, "How long the first event of a batch waits for others; in batch mode.")
	f.BoolVar(&b.batch.Throttle, p+"batch-throttle-enable", b.batch.Throttle, "Limit how many batches are sent in a second; in batch mode.")
	f.Float32Var(&b.batch.QPS, p+"batch-throttle-qps", b.batch.QPS, "That limit.")
	f.IntVar(&b.batch.Burst, p+"batch-throttle-burst", b.batch.Burst, "How many batches may be sent at once after a pause.")
	f.BoolVar(&b.truncate, p+"truncate-enabled", false, "Leave the bodies out of large events and split large batches.")
	f.Int64Var(&b.maxBatch, p+"truncate-max-batch-size", b.maxBatch, "Size of a large batch in bytes.")
	f.Int64Var(&b.maxEvent, p+"truncate-max-event-size", b.maxEvent, "Size of a large event in bytes.")
}

func (o *auditOptions) validate(fault func(format string, a ...any)) {
	if o.path != "" {
		o.log.validate(fault)
		if o.format != "json" && o.format != "legacy" {
			fault("invalid audit log format %s, allowed formats are \"legacy,json\"", o.format)
		}
		for flag, n := range map[string]int{"age": o.rotation.MaxAge, "backup": o.rotation.MaxBackups, "size": o.rotation.MaxSize} {
			if n < 0 {
				fault("--audit-log-max%s %v can't be a negative number", flag, n)
			}
		}
	}
	if o.webhookFile != "" {
		o.webhook.validate(fault)
	}
}

func (b *auditBackend) validate(fault func(format string, a ...any)) {
	if !slices.Contains(auditModes, b.mode) {
		fault("invalid audit %s mode %s, allowed modes are %q", b.name, b.mode, strings.Join(auditModes, ","))
	}
	if b.version != "audit.k8s.io/v1" {
		fault("--audit-%s-version: invalid group version, allowed versions are %q", b.name, []string{"audit.k8s.io/v1"})
	}
	if b.truncate && (b.maxBatch <= 0 || b.maxEvent <= 0 || b.maxBatch < b.maxEvent) {
		fault("invalid audit truncate %s sizes: the batch's must be above zero and not below the event's", b.name)
	}
	if b.mode != modeBatch {
		return
	}
	positive := func(what string, ok bool, n any) {
		if !ok {
			fault("invalid audit batch %s %s %v, must be a positive number", b.name, what, n)
		}
	}
	positive("buffer size", b.batch.Buffer > 0, b.batch.Buffer)
	positive("max batch size", b.batch.MaxSize > 0, b.batch.MaxSize)
	if b.batch.Throttle {
		positive("throttle QPS", b.batch.QPS > 0, b.batch.QPS)
		positive("throttle burst", b.batch.Burst > 0, b.batch.Burst)
	}
}

// sink puts the way to a backend around it.
func (b *auditBackend) sink(s audit.Sink, log *slog.Logger) audit.Sink {
	if b.truncate {
		s = audit.Truncate{Sink: s, MaxBatch: b.maxBatch, MaxEvent: b.maxEvent, Log: log}
	}
	switch b.mode {
	case modeBatch:
		return audit.NewBatch(s, b.batch, log)
	case modeBlocking:
		return audit.Lenient{Sink: s}
	}
	return s
}

// open is the auditor; nil when nothing is to be told, or nobody.
func (o *auditOptions) open(log *slog.Logger) (*audit.Auditor, error) {
	if o.policyFile == "" {
		if o.path != "" || o.webhookFile != "" {
			log.Warn("without --audit-policy-file no audit events are recorded")
		}
		return nil, nil
	}
	policy, err := audit.ReadPolicy(o.policyFile)
	if err != nil {
		return nil, err
	}
	var sinks audit.Sinks
	if o.path != "" {
		file, err := o.file(log)
		if err != nil {
			return nil, fmt.Errorf("--audit-log-path: %w", err)
		}
		sinks = append(sinks, o.log.sink(file, log))
	}
	if o.webhookFile != "" {
		client, err := webhook.Open(o.webhookFile, log)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("--audit-webhook-config-file: %w", err), closed(sinks))
		}
		client.Backoff.First = o.webhookBackoff
		sinks = append(sinks, o.webhook.sink(audit.NewWebhook(client, log), log))
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
func (o *auditOptions) file(log *slog.Logger) (audit.Sink, error) {
	legacy := o.format == "legacy"
	if o.path == "-" {
		return audit.NewWriter(os.Stdout, legacy, log), nil
	}
	if err := os.MkdirAll(filepath.Dir(o.path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(o.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if o.rotation.MaxSize == 0 {
		return audit.NewWriter(f, legacy, log), nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return audit.NewFile(o.path, o.rotation, legacy, log), nil
}

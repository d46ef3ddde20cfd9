package main

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/instance"
)

// registerAudit declares the flags about the audit log.
func registerAudit(o *instance.Audit, s *flagSets) {
	f := s.in("auditing")
	f.StringVar(&o.PolicyFile, "audit-policy-file", "", "Policy (audit.k8s.io/v1) that says of which requests how much is told; nothing is when empty.")
	f.StringVar(&o.Path, "audit-log-path", "", "File that audit events are written to; - is standard output.")
	f.StringVar(&o.Format, "audit-log-format", o.Format, "Form of the events in the file: json or legacy.")
	f.IntVar(&o.Rotation.MaxAge, "audit-log-maxage", o.Rotation.MaxAge, "Days that old audit files are kept; 0 for ever.")
	f.IntVar(&o.Rotation.MaxBackups, "audit-log-maxbackup", o.Rotation.MaxBackups, "How many old audit files are kept; 0 for all.")
	f.IntVar(&o.Rotation.MaxSize, "audit-log-maxsize", o.Rotation.MaxSize, "Size in megabytes from which the audit file is put aside; 0 never does it.")
	f.BoolVar(&o.Rotation.Compress, "audit-log-compress", false, "Compress old audit files.")
	f.StringVar(&o.WebhookFile, "audit-webhook-config-file", "", "Kubeconfig file of a server that audit events are sent to.")
	f.DurationVar(&o.WebhookBackoff, "audit-webhook-initial-backoff", o.WebhookBackoff, "Pause before a failed sending is tried again for the first time.")
	f.DurationVar(&o.WebhookBackoff, "audit-webhook-batch-initial-backoff", o.WebhookBackoff, "Old name of --audit-webhook-initial-backoff.")
	registerAuditBackend("log", &o.Log, s)
	registerAuditBackend("webhook", &o.Webhook, s)
}

func registerAuditBackend(name string, b *instance.AuditBackend, s *flagSets) {
	f, p := s.in("auditing"), "audit-"+name+"-"
	f.StringVar(&b.Mode, p+"mode", b.Mode, "How events get there: "+strings.Join(instance.AuditModes, ", ")+".")
	f.StringVar(&b.Version, p+"version", b.Version, "Version of the events; only audit.k8s.io/v1.")
	f.IntVar(&b.Batch.Buffer, p+"batch-buffer-size", b.Batch.Buffer, "How many events may wait; in batch mode.")
	f.IntVar(&b.Batch.MaxSize, p+"batch-max-size", b.Batch.MaxSize, "How many events make a batch; in batch mode.")
	f.DurationVar(&b.Batch.MaxWait, p+"batch-max-wait", b.Batch.MaxWait, "How long the first event of a batch waits for others; in batch mode.")
	f.BoolVar(&b.Batch.Throttle, p+"batch-throttle-enable", b.Batch.Throttle, "Limit how many batches are sent in a second; in batch mode.")
	f.Float32Var(&b.Batch.QPS, p+"batch-throttle-qps", b.Batch.QPS, "That limit.")
	f.IntVar(&b.Batch.Burst, p+"batch-throttle-burst", b.Batch.Burst, "How many batches may be sent at once after a pause.")
	f.BoolVar(&b.Truncate, p+"truncate-enabled", false, "Leave the bodies out of large events and split large batches.")
	f.Int64Var(&b.MaxBatch, p+"truncate-max-batch-size", b.MaxBatch, "Size of a large batch in bytes.")
	f.Int64Var(&b.MaxEvent, p+"truncate-max-event-size", b.MaxEvent, "Size of a large event in bytes.")
}

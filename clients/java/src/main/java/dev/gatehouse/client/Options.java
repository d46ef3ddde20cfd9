package dev.gatehouse.client;

import dev.gatehouse.client.models.MetaV1.Preconditions;

/** The options of one request. Those that an operation does not know have no effect, or the server refuses them. */
public final class Options {
    /** For requests that need none. Nobody alters it. */
    static final Options NONE = new Options();

    final Query query;
    Preconditions preconditions;
    boolean bookmarks;
    int timeoutSeconds;

    public Options() { this(new Query()); }

    private Options(Query query) { this.query = query; }

    Options copy() {
        Options out = new Options(query.copy());
        out.preconditions = preconditions;
        out.bookmarks = bookmarks;
        out.timeoutSeconds = timeoutSeconds;
        return out;
    }

    /** Sets any query parameter. */
    public Options parameter(String name, String value) {
        query.set(name, value);
        return this;
    }

    /** Selects by labels: app=web,tier!=db. */
    public Options labelSelector(String value) { return parameter("labelSelector", value); }

    /** Selects by fields: spec.nodeName=n1. */
    public Options fieldSelector(String value) { return parameter("fieldSelector", value); }

    /** The size of a page. */
    public Options limit(int value) { return parameter("limit", String.valueOf(value)); }

    /** Asks for the page after the one that had this token. */
    public Options continue_(String token) { return parameter("continue", token); }

    /** The version to read at, or to watch from. */
    public Options resourceVersion(String value) { return parameter("resourceVersion", value); }

    /** How resourceVersion is meant: Exact or NotOlderThan. */
    public Options resourceVersionMatch(String value) { return parameter("resourceVersionMatch", value); }

    /** Ends a watch after this time, however often it connects. */
    public Options timeoutSeconds(int value) {
        timeoutSeconds = value;
        return this;
    }

    /** Shows the bookmarks of a watch, which are for its own use otherwise. */
    public Options bookmarks(boolean value) {
        bookmarks = value;
        return this;
    }

    /** Does everything but keep the result. */
    public Options dryRun(boolean value) {
        if (value) return parameter("dryRun", "All");
        query.take("dryRun");
        return this;
    }

    /** The name under which a write owns fields, where it is not the client's. */
    public Options fieldManager(String value) { return parameter("fieldManager", value); }

    /** What becomes of unknown fields: Strict, Warn or Ignore. */
    public Options fieldValidation(String value) { return parameter("fieldValidation", value); }

    /** Lets an apply take fields from other managers. */
    public Options force(boolean value) { return parameter("force", String.valueOf(value)); }

    /** How many seconds a deletion leaves the object to end. */
    public Options gracePeriodSeconds(long value) { return parameter("gracePeriodSeconds", String.valueOf(value)); }

    /** What becomes of an object's dependents when it is deleted: Foreground, Background or Orphan. */
    public Options propagationPolicy(String value) { return parameter("propagationPolicy", value); }

    /** Lets a deletion happen only if the object has this uid and this resourceVersion; null for any. */
    public Options preconditions(String uid, String resourceVersion) {
        preconditions = new Preconditions().uid(uid).resourceVersion(resourceVersion);
        return this;
    }
}

package dev.gatehouse.client;

import dev.gatehouse.client.models.MetaV1.ObjectMeta;

/** An object with kind and metadata: what resources consist of. */
public abstract class ApiObject extends Model {
    public abstract String getKind();

    public abstract ApiObject kind(String value);

    public abstract String getApiVersion();

    public abstract ApiObject apiVersion(String value);

    public abstract ObjectMeta getMetadata();

    public abstract ApiObject metadata(ObjectMeta value);

    /** The name; null when the object says none. */
    public final String name() { return getMetadata() == null ? null : getMetadata().getName(); }

    /** The namespace; null when the object says none. */
    public final String namespace() { return getMetadata() == null ? null : getMetadata().getNamespace(); }
}

package dev.gatehouse.client;

/** A change of an object; of one that was found to be gone, the object has its metadata alone. */
public record Event<T>(String type, T object) {
    public static final String ADDED = "ADDED";
    public static final String MODIFIED = "MODIFIED";
    public static final String DELETED = "DELETED";
    /** Only for those who ask for it. */
    public static final String BOOKMARK = "BOOKMARK";
}

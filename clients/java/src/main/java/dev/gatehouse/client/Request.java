package dev.gatehouse.client;

/** One request, which may be sent several times. The path has escaped segments. */
record Request(String method, String path, Query query, String accept, String contentType, byte[] body) {
    static final String JSON = "application/json";

    /** A request that sends JSON of some kind and gets JSON. */
    Request(String method, String path, Query query, String contentType, byte[] body) { this(method, path, query, JSON, contentType, body); }

    static Request get(String path, Query query) { return new Request("GET", path, query, null, null); }

    /** Asks for a text. */
    static Request text(String path, Query query) { return new Request("GET", path, query, "*/*", null, null); }

    @Override
    public String toString() { return method + " " + path; }
}

package dev.gatehouse.client;

/** One request, which may be sent several times. The path has escaped segments. */
record Request(String method, String path, Query query, String contentType, byte[] body) {
    static final String JSON = "application/json";

    static Request get(String path, Query query) { return new Request("GET", path, query, null, null); }

    @Override
    public String toString() { return method + " " + path; }
}

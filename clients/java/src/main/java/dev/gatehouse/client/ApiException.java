package dev.gatehouse.client;

import com.google.gson.JsonParseException;
import dev.gatehouse.client.models.MetaV1.Status;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** An answer from 400 on, or the error that a watch or a command ends with. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int MAX_TEXT = 2048;
    private static final Map<Integer, String> REASONS = Map.ofEntries(
        Map.entry(400, "BadRequest"), Map.entry(401, "Unauthorized"), Map.entry(403, "Forbidden"), Map.entry(404, "NotFound"),
        Map.entry(405, "MethodNotAllowed"), Map.entry(406, "NotAcceptable"), Map.entry(409, "Conflict"), Map.entry(410, "Gone"),
        Map.entry(413, "RequestEntityTooLarge"), Map.entry(415, "UnsupportedMediaType"), Map.entry(422, "Invalid"),
        Map.entry(429, "TooManyRequests"), Map.entry(500, "InternalError"), Map.entry(503, "ServiceUnavailable"), Map.entry(504, "Timeout"));

    private final transient Status status;
    private final int code;
    private final String reason;

    ApiException(Status status) {
        super(Objects.requireNonNullElse(status.getMessage(), "the server says no more than " + status.getReason() + ", " + status.getCode()));
        this.status = status;
        code = status.getCode() == null ? 0 : status.getCode();
        reason = Objects.requireNonNullElse(status.getReason(), "");
    }

    /** The error that an answer tells. Something in front of the server that tells no Status is told as the server would. */
    static ApiException of(int code, byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        Status status = status(text);
        if (status != null) return new ApiException(status);
        String said = text.isEmpty() ? "the server answers with " + code : text.substring(0, Math.min(text.length(), MAX_TEXT));
        return new ApiException(new Status().status("Failure").code(code).reason(REASONS.getOrDefault(code, "")).message(said));
    }

    /** The Status in a text; null for anything else. */
    static Status status(String text) {
        try {
            Status status = Json.read(text, Status.class);
            boolean failure = status != null && "Status".equals(status.getKind())
                && (status.getCode() != null && status.getCode() >= 400 || "Failure".equals(status.getStatus()));
            return failure ? status : null;
        } catch (JsonParseException x) {
            return null;
        }
    }

    /** What the server says, with details and causes; null after the exception was serialized. */
    public Status status() { return status; }

    public int code() { return code; }

    /** The reason, such as NotFound; empty where the server says none. */
    public String reason() { return reason; }

    public boolean isNotFound() { return is("NotFound", 404); }

    public boolean isAlreadyExists() { return reason.equals("AlreadyExists"); }

    public boolean isConflict() { return is("Conflict", 409); }

    /** Whether the server has forgotten what happened since a version, or the rest of a list. */
    public boolean isGone() { return reason.equals("Expired") || is("Gone", 410); }

    public boolean isForbidden() { return is("Forbidden", 403); }

    public boolean isUnauthorized() { return is("Unauthorized", 401); }

    public boolean isInvalid() { return is("Invalid", 422); }

    public boolean isTooManyRequests() { return is("TooManyRequests", 429); }

    private boolean is(String what, int number) { return reason.equals(what) || reason.isEmpty() && code == number; }

    /** Whether it may be over after a while. */
    boolean passes() { return code >= 500 || code == 429 || code == 0; }
}

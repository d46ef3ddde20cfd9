package dev.gatehouse.client;

/** A number or a text, such as a port by number or name. One of the two is null. */
public record IntOrString(Integer number, String text) {
    public static IntOrString of(int number) { return new IntOrString(number, null); }

    public static IntOrString of(String text) { return new IntOrString(null, text); }

    @Override
    public String toString() { return text != null ? text : String.valueOf(number); }
}

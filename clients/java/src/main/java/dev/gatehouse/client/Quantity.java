package dev.gatehouse.client;

import java.math.BigDecimal;
import java.util.Map;

/** An amount with a suffix, as it is written: 1500m, 2Gi. The server writes it in its shortest form. */
public record Quantity(String value) {
    private static final Map<String, BigDecimal> SUFFIXES = Map.ofEntries(
        Map.entry("n", new BigDecimal("1e-9")), Map.entry("u", new BigDecimal("1e-6")), Map.entry("m", new BigDecimal("1e-3")),
        Map.entry("k", new BigDecimal("1e3")), Map.entry("M", new BigDecimal("1e6")), Map.entry("G", new BigDecimal("1e9")),
        Map.entry("T", new BigDecimal("1e12")), Map.entry("P", new BigDecimal("1e15")), Map.entry("E", new BigDecimal("1e18")),
        Map.entry("Ki", binary(1)), Map.entry("Mi", binary(2)), Map.entry("Gi", binary(3)), Map.entry("Ti", binary(4)), Map.entry("Pi", binary(5)),
        Map.entry("Ei", binary(6)));

    public static Quantity of(String value) { return new Quantity(value); }

    /**
     * The amount as a number.
     *
     * @throws NumberFormatException if the text is none
     */
    public BigDecimal number() {
        int end = value.length();
        while (end > 0 && Character.isLetter(value.charAt(end - 1))) end--;
        BigDecimal factor = end == value.length() ? BigDecimal.ONE : SUFFIXES.get(value.substring(end));
        // The letter of an exponent is in the middle, or it is no suffix: 1e3, 1E3.
        return factor == null ? new BigDecimal(value) : new BigDecimal(value.substring(0, end)).multiply(factor);
    }

    @Override
    public String toString() { return value; }

    private static BigDecimal binary(int power) { return BigDecimal.valueOf(1024).pow(power); }
}

package dev.greenroom.config;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// An amount of memory, written as `512m`, `2g`, `1500MiB`, or a number of bytes. Units are
/// powers of 1024.
public record ByteSize(long bytes) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,13})\\s*(|b|[kmgt](i?b)?)");
    private static final String UNITS = "kmgt";
    private static final int UNIT_BITS = 10;
    private static final ByteSize MOST = new ByteSize(1L << 50);

    /// Empty for an invalid text, and for more than 1024 TiB.
    static Optional<ByteSize> parse(String text) {
        var matcher = TEXT.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var unit = matcher.group(2);
        var bits = unit.isEmpty() ? 0 : (UNITS.indexOf(unit.charAt(0)) + 1) * UNIT_BITS;
        var amount = Long.parseLong(matcher.group(1));
        return amount > MOST.bytes() >> bits ? Optional.empty() : Optional.of(new ByteSize(amount << bits));
    }

    /// The shortest text that [#parse] accepts.
    @Override
    public String toString() {
        var amount = bytes;
        var unit = 0;
        while (amount != 0 && unit < UNITS.length() && amount % (1 << UNIT_BITS) == 0) {
            amount >>= UNIT_BITS;
            unit++;
        }
        return unit == 0 ? Long.toString(bytes) : amount + UNITS.substring(unit - 1, unit);
    }
}

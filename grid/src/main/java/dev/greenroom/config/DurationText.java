package dev.greenroom.config;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// Durations in settings: `20` and `20s`, `500ms`, `5m`, `2h`.
public final class DurationText {
    static final Duration LONGEST = Duration.ofDays(365);

    private static final Pattern TEXT = Pattern.compile("(\\d{1,10})\\s*(ms|s|m|h|)");

    private DurationText() {}

    /// Empty for an invalid text, and for more than [#LONGEST].
    public static Optional<Duration> parse(String text) {
        var matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var amount = Long.parseLong(matcher.group(1));
        var duration = switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofSeconds(amount);
        };
        return Optional.of(duration).filter(value -> value.compareTo(LONGEST) <= 0);
    }

    /// The shortest text that [#parse] accepts, always with its unit.
    public static String show(Duration duration) {
        var millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        var seconds = millis / 1000;
        if (seconds == 0 || seconds % 60 != 0) {
            return seconds + "s";
        }
        return seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds / 60 + "m";
    }
}

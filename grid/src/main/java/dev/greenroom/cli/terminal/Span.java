package dev.greenroom.cli.terminal;

import java.time.Duration;

/// A time for people.
public final class Span {
    private static final long MINUTE = 60;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;

    private Span() {}

    /// The two largest units at most, for example `45s`, `12m`, `3h 20m` or `2d 4h`; nothing under 0.
    public static String of(Duration duration) {
        var seconds = Math.max(0, duration.toSeconds());
        if (seconds < MINUTE) {
            return seconds + "s";
        }
        if (seconds < HOUR) {
            return seconds / MINUTE + "m";
        }
        return seconds < DAY
                ? two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m")
                : two(seconds / DAY, "d", seconds % DAY / HOUR, "h");
    }

    private static String two(long large, String largeUnit, long small, String smallUnit) {
        return large + largeUnit + (small == 0 ? "" : " " + small + smallUnit);
    }
}

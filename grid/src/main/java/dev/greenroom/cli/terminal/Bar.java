package dev.greenroom.cli.terminal;

/// How much of something is used up, at a glance.
public final class Bar {
    private static final String FULL = "█";
    private static final String EMPTY = "░";

    private Bar() {}

    /// A bar of a width; anything over 0 shows, and only all of it fills it.
    public static String of(long part, long whole, int width) {
        if (whole <= 0 || part <= 0) {
            return EMPTY.repeat(width);
        }
        var share = Math.ceilDiv(Math.min(part, whole) * width, whole);
        var filled = Math.toIntExact(part < whole ? Math.min(share, width - 1L) : share);
        return FULL.repeat(filled) + EMPTY.repeat(width - filled);
    }
}

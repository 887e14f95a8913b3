package dev.greenroom.session;

import dev.greenroom.session.SessionEnding.Cause;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// How long the browser of a CDP session stays without a client, as a proxy tells a worker.
///
/// @param keepAlive after a client has left or was lost; zero for not at all
/// @param grace after a client was lost without having left, if that is longer
/// @param idle how long no client may send a message; empty for no limit
public record CdpLimits(Duration keepAlive, Duration grace, Optional<Duration> idle) {
    /// The handshake header with this, from a proxy to a worker.
    public static final String HEADER = "X-Greenroom-Cdp-Limits";

    /// The browser ends with its first connection.
    public static final CdpLimits NONE = new CdpLimits(Duration.ZERO, Duration.ZERO, Optional.empty());

    private static final Pattern TEXT = Pattern.compile("(\\d{1,12}) (\\d{1,12}) (\\d{1,12}|-)");

    /// Reads what [#text] returns; [#NONE] for anything else.
    public static CdpLimits of(String text) {
        var matcher = TEXT.matcher(text);
        return matcher.matches()
                ? new CdpLimits(
                        millis(matcher.group(1)),
                        millis(matcher.group(2)),
                        Optional.of(matcher.group(3))
                                .filter(idle -> !idle.equals("-"))
                                .map(CdpLimits::millis))
                : NONE;
    }

    private static Duration millis(String text) {
        return Duration.ofMillis(Long.parseLong(text));
    }

    /// The value of the header.
    public String text() {
        return keepAlive.toMillis() + " " + grace.toMillis() + " "
                + idle.map(limit -> Long.toString(limit.toMillis())).orElse("-");
    }

    /// Whether a browser without a client only waits for one that was lost, and not on anybody's wish.
    public boolean isOnlyGrace() {
        return keepAlive.isZero();
    }

    /// How long the browser stays after a connection of a client has ended; zero for not at all.
    public Duration after(SessionEnding ending) {
        if (ending.isLossOfClient()) {
            return keepAlive.compareTo(grace) > 0 ? keepAlive : grace;
        }
        return ending.cause() == Cause.CLIENT_CLOSED && !ending.isOfGrid() ? keepAlive : Duration.ZERO;
    }
}

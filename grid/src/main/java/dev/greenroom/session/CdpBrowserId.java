package dev.greenroom.session;

import dev.greenroom.session.SessionEnding.Cause;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Names the browser of a CDP session in the addresses of its clients, and admits whoever knows it to that
/// browser while the session lives. So it is a secret: never listed, never logged, and not the session's
/// id.
///
/// @param text 32 hexadecimal digits
public record CdpBrowserId(String text) {
    /// The handshake header with the id of a new session, from a proxy to a worker.
    public static final String HEADER = "X-Greenroom-Cdp";

    /// The handshake header with the id of the session that a connection joins, from a proxy to a worker.
    public static final String JOIN_HEADER = "X-Greenroom-Cdp-Join";

    /// The handshake header with the id of the target that a connection is for: a page, and not the browser.
    public static final String TARGET_HEADER = "X-Greenroom-Cdp-Target";

    /// The handshake header of a proxy that holds a session while its client is away.
    public static final String HOLD_HEADER = "X-Greenroom-Cdp-Hold";

    /// The header of a worker's 101, with the id of the session whose browser a connection got. A worker that
    /// knows nothing of this protocol does not send it.
    public static final String SESSION_HEADER = "X-Greenroom-Cdp-Session";

    private static final int BYTES = 16;
    private static final Pattern TEXT = Pattern.compile("[0-9a-f]{32}");

    /// Reads what [#text] returns; empty for anything else.
    public static Optional<CdpBrowserId> of(String text) {
        return TEXT.matcher(text).matches() ? Optional.of(new CdpBrowserId(text)) : Optional.empty();
    }

    /// Creates an id.
    ///
    /// @param random must be unpredictable
    public static CdpBrowserId next(RandomGenerator random) {
        var bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new CdpBrowserId(HexFormat.of().formatHex(bytes));
    }

    /// What the registry knows of it: enough to find the browser, and not to be admitted to it.
    public String digest() {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java knows SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "a CDP browser";
    }

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
}

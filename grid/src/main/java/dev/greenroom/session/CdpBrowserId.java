package dev.greenroom.session;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
}

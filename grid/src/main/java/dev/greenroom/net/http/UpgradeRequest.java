package dev.greenroom.net.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// The part of a WebSocket upgrade that is forwarded end to end.
///
/// @param key the client's own `Sec-WebSocket-Key`, forwarded so that the upstream's
///     `Sec-WebSocket-Accept` matches it
/// @param extensions the client's `Sec-WebSocket-Extensions`, forwarded without being interpreted
public record UpgradeRequest(String key, Optional<String> extensions) {
    private static final String WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int KEY_BYTES = 16;

    /// What Rod, a client for Go, sends in each handshake. The key protects clients, not servers.
    private static final String KEY_OF_ROD = "nil";

    /// What the next peer gets instead, since Node.js insists on a key.
    private static final String KEY_FOR_ROD = "R3JlZW5yb29tIGZvciBHbw==";

    private static final MessageDigest SHA_1 = sha1();

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    /// The result of checking an upgrade.
    public sealed interface CheckedUpgrade {
        /// A valid handshake.
        record Valid(UpgradeRequest upgrade) implements CheckedUpgrade {}

        /// Not a valid handshake.
        ///
        /// @param detail one sentence for the sender
        record Invalid(String detail) implements CheckedUpgrade {}
    }

    /// Creates a handshake of our own, without extensions.
    public static UpgradeRequest of(RandomGenerator random) {
        var key = new byte[KEY_BYTES];
        random.nextBytes(key);
        return new UpgradeRequest(Base64.getEncoder().encodeToString(key), Optional.empty());
    }

    /// The same handshake without extensions.
    public UpgradeRequest withoutExtensions() {
        return new UpgradeRequest(key, Optional.empty());
    }

    /// The handshake for the next peer: the same one, if its key is one.
    public UpgradeRequest forwarded() {
        return key.equals(KEY_OF_ROD) ? new UpgradeRequest(KEY_FOR_ROD, extensions) : this;
    }

    /// Whether the client knows control frames. Rod reads pings and close frames as messages, and its whole
    /// program ends.
    public boolean knowsControlFrames() {
        return !key.equals(KEY_OF_ROD);
    }

    /// Checks the handshake headers of a request.
    public static CheckedUpgrade check(RequestHead head) {
        if (!head.method().equals("GET")) {
            return new CheckedUpgrade.Invalid("an upgrade must be a GET, but it is a " + head.method());
        }
        if (!head.hasToken("Connection", "upgrade")) {
            return new CheckedUpgrade.Invalid("an upgrade needs 'Connection: Upgrade'");
        }
        if (!head.values("Sec-WebSocket-Version").equals(List.of("13"))) {
            return new CheckedUpgrade.Invalid("Sec-WebSocket-Version must be 13");
        }
        var keys = head.values("Sec-WebSocket-Key");
        if (keys.size() != 1 || !isKey(keys.getFirst())) {
            return new CheckedUpgrade.Invalid("Sec-WebSocket-Key must be one base64 value of 16 bytes");
        }
        var offers = head.values("Sec-WebSocket-Extensions");
        return new CheckedUpgrade.Valid(new UpgradeRequest(
                keys.getFirst(), offers.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", offers))));
    }

    private static boolean isKey(String key) {
        if (key.equals(KEY_OF_ROD)) {
            return true;
        }
        try {
            return key.length() == 24 && Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /// The `Sec-WebSocket-Accept` that belongs to the key.
    public String accept() {
        try {
            // Clones a digest that is never used itself, which is thread-safe and faster than a provider lookup.
            var digest = (MessageDigest) SHA_1.clone();
            return Base64.getEncoder()
                    .encodeToString(digest.digest((key + WEBSOCKET_GUID).getBytes(StandardCharsets.US_ASCII)));
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the SHA-1 of every JDK can be copied", e);
        }
    }
}

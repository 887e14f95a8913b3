package dev.greenroom.session;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// The id of one session, made before anything else happens and used everywhere as its correlation id.
///
/// @param uuid a UUID of version 7, so that ids sort by the time of their making
public record SessionId(UUID uuid) {

    /// Reads the text form that [#toString] writes; empty for anything that is not one.
    public static Optional<SessionId> of(String text) {
        if (text.length() != 36) {
            return Optional.empty();
        }
        try {
            return Optional.of(new SessionId(UUID.fromString(text)));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// When it was made, to the millisecond, on the clock of the proxy that made it.
    public Instant madeAt() {
        return Instant.ofEpochMilli(uuid.getMostSignificantBits() >>> 16);
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}

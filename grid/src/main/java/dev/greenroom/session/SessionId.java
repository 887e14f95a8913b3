package dev.greenroom.session;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// The id of a session: created when its connection is accepted, and its correlation id everywhere.
///
/// @param uuid a UUID of version 7, so that ids sort by creation time
public record SessionId(UUID uuid) {

    /// Parses the text that [#toString] writes; empty for any other text.
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

    /// When it was created, to the millisecond, on the clock of the process that created it.
    public Instant madeAt() {
        return Instant.ofEpochMilli(uuid.getMostSignificantBits() >>> 16);
    }

    @Override
    public String toString() {
        return uuid.toString();
    }

    /// Creates session ids. Thread-safe when its random generator is.
    public static final class SessionIdGenerator {
        private static final int VERSION_7 = 0x7000;
        private static final long VARIANT_RFC_9562 = 0x8000_0000_0000_0000L;
        private static final int RANDOM_BYTES = Long.BYTES + Short.BYTES;

        private final InstantSource clock;
        private final RandomGenerator random;

        /// @param clock provides the time part of every id
        /// @param random provides the rest; must be thread-safe
        public SessionIdGenerator(InstantSource clock, RandomGenerator random) {
            this.clock = clock;
            this.random = random;
        }

        /// A new id: 48 bits of time in milliseconds, 74 random bits (UUID version 7).
        public SessionId next() {
            // All bytes in one call: a secure generator takes as long for four bytes as for ten.
            var bytes = new byte[RANDOM_BYTES];
            random.nextBytes(bytes);
            var buffer = ByteBuffer.wrap(bytes);
            var low = VARIANT_RFC_9562 | (buffer.getLong() >>> 2);
            var high = (clock.millis() << 16) | VERSION_7 | (buffer.getShort() & 0xFFF);
            return new SessionId(new UUID(high, low));
        }
    }

    /// The session that the current thread works for. Only the log uses it; all other code is passed the
    /// id.
    public static final class SessionScope {
        private static final ScopedValue<SessionId> CURRENT = ScopedValue.newInstance();

        private SessionScope() {}

        /// Runs an operation on the calling thread on behalf of a session.
        ///
        /// @return what the operation returns
        public static <R, X extends Throwable> R where(SessionId session, ScopedValue.CallableOp<R, X> operation)
                throws X {
            return ScopedValue.where(CURRENT, session).call(operation);
        }

        /// The session that the calling thread works for; empty outside of [#where].
        public static Optional<SessionId> current() {
            return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
        }
    }
}

package dev.greenroom.session;

import java.util.Optional;

/// Which session the current thread works for. The log reads it and nothing else does: whatever needs the
/// id for its work is handed it.
public final class SessionScope {
    private static final ScopedValue<SessionId> CURRENT = ScopedValue.newInstance();

    private SessionScope() {}

    /// Runs an operation on the calling thread in the name of a session.
    ///
    /// @return what the operation returns
    public static <R, X extends Throwable> R where(SessionId session, ScopedValue.CallableOp<R, X> operation) throws X {
        return ScopedValue.where(CURRENT, session).call(operation);
    }

    /// The session that the calling thread works for; empty outside of [#where].
    public static Optional<SessionId> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }
}

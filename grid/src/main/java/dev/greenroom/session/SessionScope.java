package dev.greenroom.session;

import java.util.Optional;

/// The session that the current thread works for. Only the log uses it; all other code is passed the id.
public final class SessionScope {
    private static final ScopedValue<SessionId> CURRENT = ScopedValue.newInstance();

    private SessionScope() {}

    /// Runs an operation on the calling thread on behalf of a session.
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

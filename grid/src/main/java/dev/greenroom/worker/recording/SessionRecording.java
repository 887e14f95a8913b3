package dev.greenroom.worker.recording;

import dev.greenroom.session.SessionEnding;
import java.util.function.Consumer;

/// The recording of one session, from its begin to its end.
public final class SessionRecording implements AutoCloseable {
    /// Of a session that is not recorded.
    static final SessionRecording NONE = new SessionRecording(false, _ -> {});

    private final Consumer<Boolean> end;
    private volatile boolean kept;

    /// @param kept whether it is kept however the session ends
    /// @param end called when the session has ended, with whether the recording is kept; must not block
    SessionRecording(boolean kept, Consumer<Boolean> end) {
        this.kept = kept;
        this.end = end;
    }

    /// Says how the session has ended.
    public void endedBy(SessionEnding ending) {
        kept |= !ending.isInOrder();
    }

    @Override
    public void close() {
        end.accept(kept);
    }
}
